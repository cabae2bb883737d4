import { beforeEach, expect, it } from 'vitest';
import { makeService } from '../../test/support/make-service.ts';
import type { Observation } from '../core/service.ts';
import { createLookAhead, type LookAhead } from './look-ahead.ts';

const { signal } = new AbortController();
const seen = (id: string): Observation => ({
  service: makeService({ id }),
  tasks: [],
  nodes: null,
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
  ahead.begin('a', signal);
  now = 900;
  expect((await ahead.take('a'))?.service.id).toBe('a');
  expect(await ahead.take('a')).toBeNull();
  expect(await ahead.take('b')).toBeNull();
  expect(asked).toEqual(['a']);
});

it('gives nothing that is older', async () => {
  ahead.begin('a', signal);
  now = 1_000;
  expect(await ahead.take('a')).toBeNull();
});

it('gives nothing that came too late', async () => {
  const late = Promise.withResolvers<Observation | null>();
  answer = () => late.promise;
  ahead.begin('a', signal);
  const taken = ahead.take('a');
  now = 1_000;
  late.resolve(seen('a'));
  expect(await taken).toBeNull();
});

it('leaves a failure to the one who observes next', async () => {
  answer = () => Promise.reject(new Error('no'));
  ahead.begin('a', signal);
  expect(await ahead.take('a')).toBeNull();
});

it('observes few at a time, and others once those are old', async () => {
  for (let index = 0; index < 100; index += 1) ahead.begin(`s${index}`, signal);
  expect(asked.length).toBeLessThan(20);
  now = 1_000;
  ahead.begin('another', signal);
  expect((await ahead.take('another'))?.service.id).toBe('another');
});
