import { beforeEach, expect, it } from 'vitest';
import { makeNode } from '../../test/support/make-service.ts';
import type { Node } from '../core/service.ts';
import { createKnownNodes, type KnownNodes } from './known-nodes.ts';

const { signal } = new AbortController();
let now: number;
let asked: number;
let answer: () => Promise<readonly Node[] | null>;
let known: KnownNodes;
beforeEach(() => {
  now = 0;
  asked = 0;
  answer = async () => [makeNode()];
  const listNodes = () => {
    asked += 1;
    return answer();
  };
  known = createKnownNodes({ listNodes }, { now: () => now });
});

it('are asked for once in half a minute', async () => {
  expect(await known(signal)).toEqual([makeNode()]);
  now = 29_999;
  expect(await known(signal)).toEqual([makeNode()]);
  expect(asked).toBe(1);
  now = 30_000;
  answer = async () => [makeNode({ id: 'other' })];
  expect(await known(signal)).toEqual([makeNode({ id: 'other' })]);
});

it('are none where they are not told', async () => {
  answer = async () => null;
  expect(await known(signal)).toEqual([]);
});

it('are none where they cannot be had, and are asked for the next time', async () => {
  answer = () => Promise.reject(new Error('no'));
  expect(await known(signal)).toEqual([]);
  answer = async () => [makeNode()];
  expect(await known(signal)).toEqual([makeNode()]);
});
