import { expect, test } from 'vitest';
import { printAge, printDuration } from './age.ts';

test.each([
  [0, '0s'],
  [999, '0s'],
  [59_999, '59s'],
  [60_000, '1m'],
  [7_200_000, '2h'],
  [260_000_000, '3d'],
])('%i ms are %s', (ms, text) => {
  expect(printDuration(ms)).toBe(text);
});

test.each([
  ['2026-01-01T00:00:00Z', '1h'],
  ['2026-01-01T02:00:00Z', '0s'],
  [null, ''],
  ['never', ''],
])('%s was %s ago', (time, text) => {
  expect(printAge(time, Date.parse('2026-01-01T01:00:00Z'))).toBe(text);
});
