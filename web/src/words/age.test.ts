import { expect, test } from 'vitest';
import { printAge, printDuration, printOffset } from './age.ts';

test.each([
  [0, '0 s'],
  [430, '0.4 s'],
  [999, '0.9 s'],
  [8_200, '8 s'],
  [59_999, '59 s'],
  [60_000, '1 min'],
  [5 * 3_600_000 + 1, '5 h'],
  [3 * 86_400_000, '3 d'],
])('%i ms is %s', (ms, text) => {
  expect(printDuration(ms)).toBe(text);
});

test.each([
  [10_000, 10_500, 'now'],
  [10_000, 22_500, '12 s ago'],
  [70_000, 10_000, 'in 1 min'],
  [10_900, 10_000, 'now'],
])('%i seen at %i is %s', (at, now, text) => {
  expect(printAge(at, now)).toBe(text);
});

test.each([
  [-5, '+0.0 s'],
  [340, '+0.3 s'],
  [12_400, '+12 s'],
  [125_000, '+2 min 5 s'],
  [59_700, '+1 min 0 s'],
])('%i ms in is %s', (ms, text) => {
  expect(printOffset(ms)).toBe(text);
});
