import { expect, test } from 'vitest';
import { readPause } from './read-pause.ts';

test.each([
  ['a handful of events is gathered', 20, 60_000, 200],
  ['a quick read may be repeated soon', 50, 0, 200],
  ['a slow one not at once', 1_500, 0, 3_000],
  ['what has passed already counts', 1_500, 2_000, 1_000],
])('%s', (_what, took, since, ms) => {
  expect(readPause(took, since)).toBe(ms);
});
