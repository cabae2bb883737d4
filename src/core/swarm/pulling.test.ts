import { describe, expect, it } from 'vitest';
import { makeService, makeTask } from '../../../test/support/work/make-service.ts';
import { preparingSince, pullingSince, pullingWords } from './pulling.ts';
import type { Task } from './service.ts';

const NOW = Date.parse('2026-03-01T12:00:00Z');
const mark = { intentVersion: 5, madeAfter: Date.parse('2026-03-01T11:00:00Z') };
const task = (change: Partial<Task> = {}): Task =>
  makeTask({
    state: 'preparing',
    createdAt: '2026-03-01T11:55:59Z',
    since: '2026-03-01T11:56:00Z',
    ...change,
  });
const since = (tasks: readonly Task[] | null, at: number | null = NOW): number | null =>
  preparingSince({ service: makeService({ version: 6 }), tasks, nodes: null, at }, mark, NOW);

describe('since when an update pulls', () => {
  it.each<[string, readonly Task[] | null, number | null]>([
    ['its task is prepared', [task()], 240_000],
    ['the first of two', [task({ since: '2026-03-01T11:58:00Z' }), task()], 240_000],
    ['its task runs', [task({ state: 'running' })], null],
    ['its task is to end', [task({ desired: 'shutdown' })], null],
    ['a task from before', [task({ createdAt: '2026-03-01T10:00:00Z' })], null],
    ['tasks that are not told', null, null],
  ])('%s', (_what, tasks, ago) => {
    expect(since(tasks)).toBe(ago === null ? null : NOW - ago);
  });

  it('is told by our clock, where that of the managers is an hour ahead', () => {
    expect(since([task()], NOW + 3_600_000)).toBe(NOW - 240_000 - 3_600_000);
    expect(since([task({ since: '2026-03-01T12:56:00Z' })], NOW + 3_600_000)).toBe(NOW - 240_000);
  });
});

it('is what the newest progress of an open deployment tells', () => {
  const progress = (pulling?: string) => ({
    at: '2026-03-01T12:00:00Z',
    step: 'progress',
    detail: pulling === undefined ? {} : { pullingSince: pulling },
  });
  const at = '2026-03-01T11:56:00Z';
  expect(pullingSince([progress(at)], true)).toBe(at);
  expect(pullingSince([progress(at)], false)).toBe(null);
  expect(pullingSince([progress(at), progress()], true)).toBe(null);
  expect(pullingSince([], true)).toBe(null);
});

it.each([
  [null, ''],
  ['2026-03-01T11:59:48Z', 'pulling, 12 seconds'],
  ['2026-03-01T11:58:30Z', 'pulling, 1 minute'],
  ['2026-03-01T11:56:00Z', 'pulling, 4 minutes'],
  ['2026-03-01T12:00:01Z', 'pulling, 0 seconds'],
])('since %s is: %s', (at, words) => {
  expect(pullingWords({ pullingSince: at }, NOW)).toBe(words);
});
