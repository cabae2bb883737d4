import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { retryPause, SHORT_RETRY_AFTER_MS } from './retry-pause.ts';

const usual = {
  attempt: 1,
  tries: 3,
  retryable: true,
  retryAfterMs: null,
  basePauseMs: 200,
  random: 0.5,
};

test.each([
  ['first', {}, 200],
  ['second', { attempt: 2 }, 400],
  ['last', { attempt: 3 }, null],
  ['lowest spread', { random: 0 }, 100],
  ['not to be tried again', { retryable: false }, null],
  ['short Retry-After', { retryAfterMs: 1_000 }, 1_100],
  ['no wait asked for', { retryAfterMs: 0, random: 0 }, 0],
  ['long Retry-After', { retryAfterMs: SHORT_RETRY_AFTER_MS + 1 }, null],
])('%s', (_name, change, expected) => {
  expect(retryPause({ ...usual, ...change })).toBe(expected);
});

test('never earlier than Retry-After asks, nor after the last try', () => {
  const failed = fc.record({
    attempt: fc.integer({ min: 1, max: 6 }),
    tries: fc.integer({ min: 1, max: 6 }),
    retryable: fc.boolean(),
    retryAfterMs: fc.option(fc.integer({ min: 0, max: 20_000 })),
    basePauseMs: fc.integer({ min: 0, max: 1_000 }),
    random: fc.double({ min: 0, max: 1, noNaN: true }),
  });
  fc.assert(
    fc.property(failed, (each) => {
      const pause = retryPause(each);
      if (pause === null) return;
      expect(each.attempt).toBeLessThan(each.tries);
      expect(pause).toBeGreaterThanOrEqual(each.retryAfterMs ?? 0);
    }),
  );
});
