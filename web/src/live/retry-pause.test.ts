import { expect, test } from 'vitest';
import { retryPause } from './retry-pause.ts';

test.each([
  [1, 0.5, 1_000],
  [2, 0.5, 2_000],
  [4, 0, 6_000],
  [5, 0.5, 15_000],
  [5_000, 1, 18_750],
])('attempt %i waits %d of its spread: %i ms', (attempt, random, ms) => {
  expect(retryPause(attempt, random)).toBe(ms);
});
