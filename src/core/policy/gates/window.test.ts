import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Window } from './gate-policy.ts';
import { isOpen, nextOpening, parseWindow } from './window.ts';

const windowOf = (text: string): Window => {
  const parsed = parseWindow(text);
  if (!parsed.ok) throw new Error(parsed.problem);
  return parsed.window;
};

const at = (time: string): number => Date.parse(time);
const shown = (time: number | null): string | null =>
  time === null ? null : new Date(time).toISOString().replace(':00.000Z', 'Z');

/** When it next opens after a time. */
const next = (now: string, ...texts: readonly string[]): string | null =>
  shown(
    nextOpening(
      texts.map((text) => text.split(';').map(windowOf)),
      at(now),
    ),
  );

test.each([
  ['mon-thu 09:00-16:00 Europe/Madrid', [1, 2, 3, 4], 540, 960],
  ['mon 09:00-16:00 UTC', [1], 540, 960],
  ['mon,wed,sun 00:00-24:00 UTC', [0, 1, 3], 0, 1440],
  ['fri-mon 22:00-06:00 America/New_York', [0, 1, 5, 6], 1320, 360],
  ['  DAILY   09:00-09:01   Etc/GMT+3 ', [0, 1, 2, 3, 4, 5, 6], 540, 541],
])('reads %s', (text, days, from, to) => {
  expect(windowOf(text)).toMatchObject({ days, from, to });
});

test.each([
  ['', 'is not a window'],
  ['mon', 'is not a window'],
  ['mon 09:00-16:00', 'has no time zone'],
  ['mon 09:00 - 16:00 UTC', 'is not a window'],
  ['montag 09:00-16:00 UTC', 'are not days'],
  ['mon-tue-wed 09:00-16:00 UTC', 'are not days'],
  ['mon 9:00-16:00 UTC', 'are not hours'],
  ['mon 09:00-24:01 UTC', 'are not hours'],
  ['mon 09:60-16:00 UTC', 'are not hours'],
  ['mon 24:00-16:00 UTC', 'are not hours'],
  ['mon 16:00-00:00 UTC', 'are not hours'],
  ['mon 09:00-09:00 UTC', 'same minute'],
  ['mon 09:00-16:00 Europe/Atlantis', 'is not a known time zone'],
  ['mon 09:00-16:00 +02:00', 'is not a known time zone'],
  ['mon 09:00-16:00 constructor', 'is not a known time zone'],
])('refuses "%s"', (text, problem) => {
  const parsed = parseWindow(text);
  expect(parsed).toMatchObject({ ok: false });
  expect(parsed.ok ? '' : parsed.problem).toContain(problem);
});

test.each([
  // A Tuesday in summer and in winter: 09:00 in Madrid is 07:00 and 08:00.
  ['2026-07-07T06:59:59Z', false],
  ['2026-07-07T07:00:00Z', true],
  ['2026-07-07T13:59:59Z', true],
  ['2026-07-07T14:00:00Z', false],
  ['2026-12-01T07:59:59Z', false],
  ['2026-12-01T08:00:00Z', true],
  ['2026-12-04T10:00:00Z', false],
])('mon-thu 09:00-16:00 Europe/Madrid at %s: %s', (time, expected) => {
  expect(isOpen(windowOf('mon-thu 09:00-16:00 Europe/Madrid'), at(time))).toBe(expected);
});

test('what crosses midnight belongs to the day on which it begins', () => {
  const window = windowOf('fri 22:00-06:00 UTC');
  expect(isOpen(window, at('2026-12-04T21:59:00Z'))).toBe(false);
  expect(isOpen(window, at('2026-12-04T22:00:00Z'))).toBe(true);
  expect(isOpen(window, at('2026-12-05T05:59:00Z'))).toBe(true);
  expect(isOpen(window, at('2026-12-05T06:00:00Z'))).toBe(false);
  expect(isOpen(window, at('2026-12-04T05:00:00Z'))).toBe(false);
  expect(isOpen(windowOf('fri 22:00-24:00 UTC'), at('2026-12-05T00:00:00Z'))).toBe(false);
});

test.each([
  ['2026-12-01T12:00:30Z', ['mon-thu 09:00-16:00 Europe/Madrid'], '2026-12-01T12:00:30.000Z'],
  ['2026-12-03T15:00:00Z', ['mon-thu 09:00-16:00 Europe/Madrid'], '2026-12-07T08:00Z'],
  ['2026-12-01T12:00:00Z', ['mon 09:00-10:00 UTC;wed 09:00-10:00 UTC'], '2026-12-02T09:00Z'],
  // All of several policies must be open.
  ['2026-12-01T00:00:00Z', ['mon-thu 09:00-16:00 UTC', 'thu 14:00-24:00 UTC'], '2026-12-03T14:00Z'],
  ['2026-12-01T00:00:00Z', ['mon 09:00-16:00 UTC', 'tue 09:00-16:00 UTC'], null],
  ['2026-12-01T00:00:00Z', ['mon 09:00-12:00 UTC', 'mon 12:00-16:00 UTC'], null],
  // Monday morning there is Sunday evening here.
  [
    '2026-12-06T12:00:00Z',
    ['mon 08:00-09:00 Pacific/Auckland', 'daily 00:00-24:00 UTC'],
    '2026-12-06T19:00Z',
  ],
  // Of two zones, the window that opens first, whatever the local day is.
  [
    '2026-12-02T12:30:00Z',
    ['daily 01:00-02:00 Pacific/Kiritimati;daily 13:00-14:00 Pacific/Pago_Pago'],
    '2026-12-03T00:00Z',
  ],
  // A leap day, in and after it.
  ['2028-02-28T20:00:00Z', ['tue 09:00-10:00 UTC'], '2028-02-29T09:00Z'],
  ['2028-02-29T10:00:00Z', ['wed 00:00-01:00 Europe/Madrid'], '2028-02-29T23:00Z'],
  ['2100-02-28T20:00:00Z', ['mon 09:00-10:00 UTC'], '2100-03-01T09:00Z'],
  // Clocks go forward from 02:00 to 03:00 on 29 March 2026 in Madrid: a start in between comes with 03:00.
  ['2026-03-28T12:00:00Z', ['sun 02:30-05:00 Europe/Madrid'], '2026-03-29T01:00Z'],
  ['2026-03-28T12:00:00Z', ['sun 02:15-02:45 Europe/Madrid'], '2026-04-05T00:15Z'],
  ['2026-03-28T12:00:00Z', ['sun 03:00-05:00 Europe/Madrid'], '2026-03-29T01:00Z'],
  // And in New York on 8 March.
  ['2026-03-07T12:00:00Z', ['sun 02:30-05:00 America/New_York'], '2026-03-08T07:00Z'],
  // Clocks go back from 03:00 to 02:00 on 25 October 2026: the hour comes twice.
  ['2026-10-24T12:00:00Z', ['sun 02:30-03:00 Europe/Madrid'], '2026-10-25T00:30Z'],
  ['2026-10-25T01:00:00Z', ['sun 02:30-03:00 Europe/Madrid'], '2026-10-25T01:30Z'],
  ['2026-10-25T00:15:00Z', ['sun 01:30-02:15 Europe/Madrid'], '2026-10-25T01:00Z'],
  ['2026-11-01T06:00:00Z', ['sun 01:30-02:00 America/New_York'], '2026-11-01T06:30Z'],
  // Midnight itself is skipped.
  ['2026-04-23T12:00:00Z', ['fri 00:00-02:00 Africa/Cairo'], '2026-04-23T22:00Z'],
])('after %s, %j opens at %s', (now, texts, expected) => {
  expect(next(now, ...texts)).toBe(expected);
});

test('a start that the change of the clock skips opens at the next minute that exists, and no sooner', () => {
  const window = windowOf('sun 02:30-05:00 Europe/Madrid');
  expect(isOpen(window, at('2026-03-29T00:59:59Z'))).toBe(false);
  expect(isOpen(window, at('2026-03-29T01:00:00Z'))).toBe(true);
  expect(isOpen(window, at('2026-03-29T02:59:59Z'))).toBe(true);
  expect(isOpen(window, at('2026-03-29T03:00:00Z'))).toBe(false);
});

/** The minutes in which it is open between two times, as `from-to` in UTC. */
const openMinutes = (window: Window, from: string, to: string): readonly string[] => {
  const spans: string[] = [];
  let since: number | null = null;
  for (let time = at(from); time <= at(to); time += 60_000) {
    const opens = time < at(to) && isOpen(window, time);
    if (opens && since === null) since = time;
    if (!opens && since !== null) {
      spans.push([since, time].map((one) => new Date(one).toISOString().slice(11, 16)).join('-'));
      since = null;
    }
  }
  return spans;
};

describe('nights on which the clock is changed, minute by minute', () => {
  // In Madrid 02:00 becomes 03:00 at 01:00 UTC, and 03:00 becomes 02:00 at 01:00 UTC.
  const madrid = { forward: '2026-03-29', back: '2026-10-25', zone: 'Europe/Madrid' };
  // In New York 02:00 becomes 03:00 at 07:00 UTC, and 02:00 becomes 01:00 at 06:00 UTC.
  const newYork = { forward: '2026-03-08', back: '2026-11-01', zone: 'America/New_York' };
  // In Sydney 02:00 becomes 03:00 at 16:00 UTC of the day before, and 03:00 becomes 02:00 then.
  const sydney = { forward: '2026-10-03', back: '2026-04-04', zone: 'Australia/Sydney' };
  test.each([
    [madrid, 'forward', 'sun 01:30-02:30', ['00:30-01:00']],
    [madrid, 'forward', 'sun 02:00-03:00', []],
    [madrid, 'forward', 'sun 02:30-03:30', ['01:00-01:30']],
    [madrid, 'forward', 'sat 23:00-04:00', ['00:00-02:00']],
    [madrid, 'back', 'sun 01:30-02:30', ['00:00-00:30', '01:00-01:30']],
    [madrid, 'back', 'sun 02:00-03:00', ['00:00-02:00']],
    [madrid, 'back', 'sun 02:30-03:30', ['00:30-01:00', '01:30-02:30']],
    [madrid, 'back', 'sat 23:00-04:00', ['00:00-03:00']],
    [newYork, 'forward', 'sun 01:30-02:30', ['06:30-07:00']],
    [newYork, 'forward', 'sun 02:00-03:00', []],
    [newYork, 'forward', 'sun 02:30-03:30', ['07:00-07:30']],
    [newYork, 'back', 'sun 01:00-02:00', ['05:00-07:00']],
    [newYork, 'back', 'sun 01:30-02:30', ['05:30-06:00', '06:30-07:30']],
    [sydney, 'forward', 'sun 02:30-03:30', ['16:00-16:30']],
    [sydney, 'back', 'sun 02:30-03:00', ['15:30-16:00', '16:30-17:00']],
  ] as const)('%j, %s: %s', (night, way, hours, spans) => {
    const window = windowOf(`${hours} ${night.zone}`);
    const day = night[way];
    expect(openMinutes(window, `${day}T00:00:00Z`, `${day}T18:00:00Z`)).toEqual(spans);
  });
});

const anyWindow = fc
  .record({
    days: fc.constantFrom('mon', 'mon-thu', 'sat,sun', 'daily', 'fri-mon', 'wed'),
    from: fc.integer({ min: 0, max: 95 }),
    length: fc.integer({ min: 1, max: 95 }),
    zone: fc.constantFrom(
      'UTC',
      'Europe/Madrid',
      'America/New_York',
      'Asia/Kathmandu',
      'Australia/Lord_Howe',
      'Pacific/Kiritimati',
      'America/St_Johns',
    ),
  })
  .map(({ days, from, length, zone }) => {
    const time = (quarter: number): string =>
      [Math.floor(quarter / 4), (quarter % 4) * 15]
        .map((one) => String(one).padStart(2, '0'))
        .join(':');
    return windowOf(`${days} ${time(from)}-${time((from + length) % 96 || 96)} ${zone}`);
  });

test('law: it is closed until its next opening, and open then', () => {
  const groups = fc.array(fc.array(anyWindow, { minLength: 1, maxLength: 2 }), {
    minLength: 1,
    maxLength: 2,
  });
  const quarter = 15 * 60_000;
  const year = fc
    .integer({ min: 0, max: 366 * 96 })
    .map((n) => at('2026-01-01T00:00:00Z') + n * quarter);
  fc.assert(
    fc.property(groups, year, (all, now) => {
      const opening = nextOpening(all, now);
      const areAllOpen = (time: number): boolean =>
        all.every((some) => some.some((window) => isOpen(window, time)));
      const until = opening ?? now + 13 * 86_400_000;
      for (let time = now; time < until; time += quarter) expect(areAllOpen(time)).toBe(false);
      if (opening !== null) expect(areAllOpen(opening)).toBe(true);
    }),
    { numRuns: 60 },
  );
}, 60_000);
