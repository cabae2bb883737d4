import { changesBetween, isZone, timesOf, wallClockAt } from './wall-clock.ts';
import type { Weekday, Window } from './gate-policy.ts';

export type ParsedWindow =
  | { readonly ok: true; readonly window: Window }
  | { readonly ok: false; readonly problem: string };

const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;
const WHOLE_DAY = 1_440;
const DAY_MS = 86_400_000;
/**
 * If nothing opens within this time, nothing ever does: days repeat every week, and a clock change skips one at most.
 */
const LONGEST_WAIT_DAYS = 14;
const EXAMPLE = 'mon-thu 09:00-16:00 Europe/Madrid';

const problem = (text: string): ParsedWindow => ({ ok: false, problem: text });

/** Reads `DAYS HH:MM-HH:MM ZONE`, such as `mon-thu 09:00-16:00 Europe/Madrid`. */
export const parseWindow = (text: string): ParsedWindow => {
  const [days = '', hours = '', zone, ...rest] = text.trim().split(/\s+/);
  if (hours === '' || rest.length > 0) {
    return problem(`"${text}" is not a window: expected DAYS HH:MM-HH:MM ZONE, such as ${EXAMPLE}`);
  }
  if (zone === undefined) {
    return problem(`"${text}" has no time zone: expected one at the end, such as ${EXAMPLE}`);
  }
  const weekdays = readDays(days.toLowerCase());
  if (weekdays === null) {
    return problem(`"${days}" are not days: expected mon, mon-thu, mon,wed or daily`);
  }
  const [, from, to] = /^(\d\d:\d\d)-(\d\d:\d\d)$/.exec(hours) ?? [];
  const [start, end] = [readTime(from), readTime(to)];
  if (start === null || end === null || start === WHOLE_DAY || end === 0) {
    return problem(
      `"${hours}" are not hours: expected HH:MM-HH:MM from 00:00 to 24:00, such as 09:00-16:00`,
    );
  }
  if (start === end) return problem(`"${hours}" begins and ends at the same minute`);
  if (!isZone(zone)) {
    return problem(`"${zone}" is not a known time zone: expected one such as Europe/Madrid`);
  }
  const normal = text.trim().replaceAll(/\s+/g, ' ');
  return { ok: true, window: { text: normal, days: weekdays, from: start, to: end, zone } };
};

const readDays = (text: string): readonly Weekday[] | null => {
  if (text === 'daily') return [0, 1, 2, 3, 4, 5, 6];
  const found = new Set<Weekday>();
  for (const part of text.split(',')) {
    const [first = '', last = first, ...rest] = part.split('-');
    const [from, to] = [dayOf(first), dayOf(last)];
    if (from === null || to === null || rest.length > 0) return null;
    for (let day = from; ; day = ((day + 1) % 7) as Weekday) {
      found.add(day);
      if (day === to) break;
    }
  }
  return [...found].toSorted((a, b) => a - b);
};

const dayOf = (text: string): Weekday | null => {
  const index = DAYS.findIndex((day) => day === text);
  return index === -1 ? null : (index as Weekday);
};

const readTime = (text: string | undefined): number | null => {
  const [hours = Number.NaN, minutes = Number.NaN] = (text ?? '').split(':').map(Number);
  const total = hours * 60 + minutes;
  return minutes < 60 && total <= WHOLE_DAY ? total : null;
};

const weekdayOf = (day: number): Weekday => ((((day + 4) % 7) + 7) % 7) as Weekday;

/** Whether the wall clock of its zone is in the window at a time, ms since the epoch. */
export const isOpen = ({ days, from, to, zone }: Window, at: number): boolean => {
  const { day, minute } = wallClockAt(zone, at);
  const begins = (one: number): boolean => days.includes(weekdayOf(one));
  if (from < to) return begins(day) && minute >= from && minute < to;
  // It crosses midnight, and belongs to the day on which it begins.
  return (begins(day) && minute >= from) || (begins(day - 1) && minute < to);
};

/** Whether all groups are open. Any open window opens its group. */
export const areOpen = (groups: readonly (readonly Window[])[], at: number): boolean =>
  groups.every((windows) => windows.some((window) => isOpen(window, at)));

/** The last result for the same windows, valid until `opening`. Thousands of services share a few windows. */
const found = new Map<string, { readonly from: number; readonly opening: number | null }>();
const MOST_FOUND = 1_000;
/** "No opening" is remembered for less than the days that were searched. */
const NONE_HOLDS_MS = 3_600_000;

/**
 * The first time from `now` on at which every group has an open window, ms since the epoch; null if there is none
 * within 14 days.
 */
export const nextOpening = (groups: readonly (readonly Window[])[], now: number): number | null => {
  if (areOpen(groups, now)) return now;
  const key = JSON.stringify(groups.map((windows) => windows.map(({ text }) => text)));
  const known = found.get(key);
  if (known !== undefined && now >= known.from) {
    if (now < (known.opening ?? known.from + NONE_HOLDS_MS)) return known.opening;
  }
  const opening = findOpening(groups, now);
  if (found.size >= MOST_FOUND) found.clear();
  found.set(key, { from: now, opening });
  return opening;
};

const findOpening = (groups: readonly (readonly Window[])[], now: number): number | null => {
  const all = groups.flat();
  let first: number | null = null;
  // One day at a time, because the first few usually contain the answer. Days of two zones overlap, so the next day may
  // start earlier.
  for (let ahead = -1; ahead <= LONGEST_WAIT_DAYS; ahead += 1) {
    const wasFound = first !== null;
    const times = all.flatMap((window) => beginnings(window, now, ahead));
    for (const one of times) {
      const isSooner = one > now && (first === null || one < first);
      if (isSooner && areOpen(groups, one)) first = one;
    }
    if (wasFound) break;
  }
  return first;
};

/** When the window begins on a local day, and any clock change about then, which may open it too. */
const beginnings = (
  { days, from, zone }: Window,
  now: number,
  ahead: number,
): readonly number[] => {
  const day = wallClockAt(zone, now).day + ahead;
  const at = now + ahead * DAY_MS;
  const changes = changesBetween(zone, at, at + DAY_MS);
  return days.includes(weekdayOf(day))
    ? [...timesOf(zone, { day, minute: from }), ...changes]
    : changes;
};
