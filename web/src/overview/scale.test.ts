import fc from 'fast-check';
import { expect, onTestFinished, test, vi } from 'vitest';
import { placeOf, spread, ticksOf } from './scale.ts';

const HOUR_MS = 3_600_000;
const NOON = new Date(2026, 2, 10, 12).getTime();

test.each([
  [NOON, 0],
  [NOON + 6 * HOUR_MS, 25],
  [NOON + 24 * HOUR_MS, 100],
  [NOON - HOUR_MS, 0],
  [NOON + 30 * HOUR_MS, 100],
])('a time lies at its place, or at an end: %i at %i %%', (at, place) => {
  expect(placeOf(at, { since: NOON, until: NOON + 24 * HOUR_MS })).toBe(place);
});

test('a day has a label every three hours, at whole hours', () => {
  const ticks = ticksOf({ since: NOON + HOUR_MS / 2, until: NOON + 24.5 * HOUR_MS });
  expect(ticks.map(({ text }) => text)).toEqual([
    '15:00',
    '18:00',
    '21:00',
    '00:00',
    '03:00',
    '06:00',
    '09:00',
    '12:00',
  ]);
});

test('a week has a label at every midnight', () => {
  const ticks = ticksOf({ since: NOON, until: NOON + 7 * 24 * HOUR_MS });
  expect(ticks).toHaveLength(7);
  expect(ticks[0]).toEqual({ at: new Date(2026, 2, 11).getTime(), text: '03-11' });
});

test.each<[readonly number[], readonly number[]]>([
  [[], []],
  [
    [10, 50],
    [10, 50],
  ],
  [[100], [90]],
  [
    [50, 51, 80],
    [41, 51, 80],
  ],
  [
    [0, 0, 0],
    [0, 10, 20],
  ],
])('marks that would cover each other move apart: %o to %o', (places, expected) => {
  expect(spread(places, 10)).toEqual(expected);
});

test('however many there are, all are on the picture, in order', () => {
  const places = fc.array(fc.double({ min: 0, max: 100, noNaN: true }), { maxLength: 100 });
  fc.assert(
    fc.property(places, (given) => {
      const sorted = given.toSorted((a, b) => a - b);
      const step = Math.min(3, 100 / Math.max(1, sorted.length));
      const found = spread(sorted, 3);
      found.forEach((place, index) => {
        expect(place).toBeGreaterThanOrEqual((found[index - 1] ?? -step) + step - 1e-6);
        expect(place).toBeLessThanOrEqual(100 - step + 1e-6);
      });
    }),
  );
});

test('a midnight that a change of the clock skips moves no later tick', () => {
  vi.stubEnv('TZ', 'Africa/Cairo');
  onTestFinished(() => void vi.unstubAllEnvs());
  // On 24 April 2026 the day begins at 01:00.
  const since = Date.parse('2026-04-23T12:00:00Z');
  const clocks = (days: number): readonly string[] =>
    ticksOf({ since, until: since + days * 24 * HOUR_MS }).map(({ at }) =>
      new Date(at).toTimeString().slice(0, 5),
    );
  expect(clocks(1).slice(2, 6)).toEqual(['21:00', '01:00', '03:00', '06:00']);
  expect(clocks(4)).toEqual(['01:00', '00:00', '00:00', '00:00']);
});
