import { beforeEach, expect, it } from 'vitest';
import { makeService } from '../../test/support/make-service.ts';
import type { Observation } from '../core/service.ts';
import { createLookAhead, type LookAhead } from './look-ahead.ts';

const { signal } = new AbortController();
const seen = (id: string): Observation => ({
  service: makeService({ id }),
  tasks: [],
  nodes: null,
  at: null,
});

let now: number;
let asked: string[];
let answer: (id: string) => Promise<Observation | null>;
let ahead: LookAhead;
beforeEach(() => {
  now = 0;
  asked = [];
  answer = async (id) => seen(id);
  const observe = (id: string): Promise<Observation | null> => {
    asked.push(id);
    return answer(id);
  };
  ahead = createLookAhead({ observe }, { now: () => now });
});

it('gives what was observed a moment ago, once', async () => {
  void ahead.see('a', now, signal);
  now = 900;
  expect((await ahead.take('a'))?.service.id).toBe('a');
  expect(await ahead.take('a')).toBeNull();
  expect(await ahead.take('b')).toBeNull();
  expect(asked).toEqual(['a']);
});

it('gives nothing that is older', async () => {
  void ahead.see('a', now, signal);
  now = 1_000;
  expect(await ahead.take('a')).toBeNull();
});

it('gives nothing that came too late', async () => {
  const late = Promise.withResolvers<Observation | null>();
  answer = () => late.promise;
  void ahead.see('a', now, signal);
  const taken = ahead.take('a');
  now = 1_000;
  late.resolve(seen('a'));
  expect(await taken).toBeNull();
});

it('leaves a failure to the one who observes next', async () => {
  answer = () => Promise.reject(new Error('no'));
  void ahead.see('a', now, signal);
  expect(await ahead.take('a')).toBeNull();
});

it('observes few at a time, and others once those are old', async () => {
  for (let index = 0; index < 100; index += 1) void ahead.see(`s${index}`, now, signal);
  expect(asked.length).toBeLessThan(20);
  now = 1_000;
  void ahead.see('another', now, signal);
  expect((await ahead.take('another'))?.service.id).toBe('another');
});

it('is shared by all who want it as it was after the same time, and by nobody who wants it newer', async () => {
  void ahead.see('a', 0, signal);
  now = 500;
  expect((await ahead.see('a', 0, signal))?.service.id).toBe('a');
  expect(asked).toEqual(['a']);
  await ahead.see('a', 500, signal);
  expect(asked).toEqual(['a', 'a']);
  now = 1_500;
  await ahead.see('a', 500, signal);
  expect(asked).toEqual(['a', 'a', 'a']);
});
