/** The local time and day in a zone. */
export type WallClock = {
  /** Days since 1970-01-01, of the local date. */
  readonly day: number;
  /** Minutes since local midnight. */
  readonly minute: number;
};

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const DAY_MINUTES = 1_440;

/** One formatter for each zone in use: creating one is slow, and there are only some hundred zones. */
const formats = new Map<string, Intl.DateTimeFormat>();

const formatOf = (zone: string): Intl.DateTimeFormat => {
  const known = formats.get(zone);
  if (known !== undefined) return known;
  const made = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
  });
  formats.set(zone, made);
  return made;
};

/**
 * Whether this machine knows a zone by this IANA name. An offset such as `+02:00` is not a zone: it has no daylight
 * saving time.
 */
export const isZone = (zone: string): boolean => {
  if (!/^[A-Za-z][\w+-]*(?:\/[\w+-]+)*$/.test(zone)) return false;
  try {
    formatOf(zone);
    return true;
  } catch {
    return false;
  }
};

/** The wall clock of a zone at a time, ms since the epoch. */
export const wallClockAt = (zone: string, at: number): WallClock => {
  const parts: Record<string, number> = {};
  for (const { type, value } of formatOf(zone).formatToParts(at)) parts[type] = Number(value);
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0 } = parts;
  return { day: Date.UTC(year, month - 1, day) / DAY_MS, minute: hour * 60 + minute };
};

const minutesAt = (zone: string, at: number): number => {
  const { day, minute } = wallClockAt(zone, at);
  return day * DAY_MINUTES + minute;
};

/** How far the clock is ahead of UTC, in whole minutes. */
const offsetAt = (zone: string, at: number): number =>
  minutesAt(zone, at) - Math.floor(at / MINUTE_MS);

/**
 * When the clock shows a minute of a day, in ms since the epoch, the earlier first: twice if the clock is set back over
 * it. If the clock is set forward over it: the moment of the change, when the clock shows the next minute that exists.
 */
export const timesOf = (zone: string, { day, minute }: WallClock): readonly number[] => {
  const wanted = day * DAY_MINUTES + minute;
  const asUtc = wanted * MINUTE_MS;
  const offsets = new Set([offsetAt(zone, asUtc - DAY_MS), offsetAt(zone, asUtc + DAY_MS)]);
  const times = [...offsets]
    .map((offset) => asUtc - offset * MINUTE_MS)
    .filter((at) => minutesAt(zone, at) === wanted);
  if (times.length > 0) return times.toSorted((a, b) => a - b);
  return changesBetween(zone, asUtc - DAY_MS, asUtc + DAY_MS);
};

/**
 * When the clock is set forward or back between two times that are at most a few days apart. Finds at most one change.
 */
export const changesBetween = (zone: string, from: number, to: number): readonly number[] => {
  const before = offsetAt(zone, from);
  if (offsetAt(zone, to) === before) return [];
  let [low, high] = [Math.floor(from / MINUTE_MS), Math.ceil(to / MINUTE_MS)];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (offsetAt(zone, middle * MINUTE_MS) === before) low = middle;
    else high = middle;
  }
  return [high * MINUTE_MS];
};
