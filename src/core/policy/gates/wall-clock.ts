/** What a clock on the wall of a zone shows, and the day that it is there. */
export type WallClock = {
  /** Days since 1970-01-01, of the local date. */
  readonly day: number;
  /** Minutes since local midnight. */
  readonly minute: number;
};

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const DAY_MINUTES = 1_440;

/** One for each zone that is in use: making one is dear, and there are only some hundred zones. */
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

/** Whether this machine knows a zone by this IANA name. An offset such as `+02:00` is none: it knows no summer. */
export const isZone = (zone: string): boolean => {
  if (!/^[A-Za-z][\w+-]*(?:\/[\w+-]+)*$/.test(zone)) return false;
  try {
    formatOf(zone);
    return true;
  } catch {
    return false;
  }
};

/** What the clock shows at a time, ms since the epoch. */
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
 * When the clock shows a minute of a day: twice where it is set back over it. Where it is set forward over it,
 * when that happens: at the next minute that exists. In ms since the epoch, the earlier first.
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

/** When the clock is set forward or back between two times that are at most some days apart; at most one change is found. */
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
