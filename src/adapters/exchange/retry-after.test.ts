import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { LONGEST_RETRY_AFTER_MS, parseRetryAfter } from './retry-after.ts';

const NOW = Date.parse('2026-03-01T12:00:00Z');

test.each([
  ['7', 7_000],
  [' 0 ', 0],
  ['Sun, 01 Mar 2026 12:00:30 GMT', 30_000],
  ['Sunday, 01-Mar-26 12:00:30 GMT', 30_000],
  ['Sun, 01 Mar 2026 11:00:00 GMT', 0],
  ['86400', LONGEST_RETRY_AFTER_MS],
  ['999999999999999', LONGEST_RETRY_AFTER_MS],
  ['Sun, 01 Mar 2099 12:00:30 GMT', LONGEST_RETRY_AFTER_MS],
  ['-5', null],
  ['1.5', 1_500],
  ['0.0004', 1],
  ['1.', null],
  ['soon', null],
  ['2026', 2_026_000],
  ['2026-03-01', null],
  ['', null],
  [null, null],
])('parseRetryAfter(%j) is %j', (text, expected) => {
  expect(parseRetryAfter(text, NOW)).toBe(expected);
});

test('whatever stands there, the wait is none or within its bounds', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.integer().map(String)), (text) => {
      const wait = parseRetryAfter(text, NOW);
      expect(wait === null || (wait >= 0 && wait <= LONGEST_RETRY_AFTER_MS)).toBe(true);
    }),
  );
});

test('a date means the same as the seconds until it', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 3_600 }), (seconds) => {
      const date = new Date(NOW + seconds * 1000).toUTCString();
      expect(parseRetryAfter(date, NOW)).toBe(parseRetryAfter(String(seconds), NOW));
    }),
  );
});
