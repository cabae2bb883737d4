import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { backoffMs } from './backoff.ts';

const USUAL = { firstMs: 1_000, longestMs: 15_000 };

it.each([
  [1, 1, 1_000],
  [1, 0, 500],
  [2, 1, 2_000],
  [3, 0.5, 3_000],
  [4, 1, 8_000],
  [5, 1, 15_000],
  [100, 0, 7_500],
  [1e9, 1, 15_000],
])('after failure %i with random %d waits %i ms', (attempt, random, ms) => {
  expect(backoffMs(USUAL, attempt, random)).toBe(ms);
});

it('stays between half of the first and the longest, and never falls with the attempts', () => {
  const input = fc.record({
    firstMs: fc.integer({ min: 2, max: 10_000 }),
    factor: fc.integer({ min: 1, max: 1_000 }),
    attempt: fc.integer({ min: 1, max: 1_000 }),
    random: fc.double({ min: 0, max: 1, noNaN: true }),
  });
  fc.assert(
    fc.property(input, ({ firstMs, factor, attempt, random }) => {
      const backoff = { firstMs, longestMs: firstMs * factor };
      const wait = backoffMs(backoff, attempt, random);
      expect(wait).toBeGreaterThanOrEqual(Math.floor(firstMs / 2));
      expect(wait).toBeLessThanOrEqual(backoff.longestMs);
      expect(backoffMs(backoff, attempt + 1, random)).toBeGreaterThanOrEqual(wait);
    }),
  );
});
