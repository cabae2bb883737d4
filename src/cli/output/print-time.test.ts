import { expect, test } from 'vitest';
import { printShortTime, printTime } from './print-time.ts';

/** Local time, independent of the time zone of the test run. */
const at = (...parts: [number, number, number, number, number, number]): string =>
  new Date(...parts).toISOString();
const NOW = new Date(2026, 5, 15, 12).getTime();

test.each([
  [at(2026, 5, 15, 9, 8, 7), '09:08:07', '09:08:07'],
  [at(2026, 5, 14, 23, 59, 59), '2026-06-14 23:59:59', '06-14 23:59'],
  [at(2025, 11, 31, 23, 59, 59), '2025-12-31 23:59:59', '2025-12-31'],
  ['nonsense', '', ''],
])('%s is shown as %j, and in a table as %j', (time, long, short) => {
  expect(printTime(time, NOW)).toBe(long);
  expect(printShortTime(time, NOW)).toBe(short);
});
