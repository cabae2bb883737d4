/** A span of time as the width of a picture; ms since the epoch. */
export type Span = { readonly since: number; readonly until: number };

const DAY_MS = 86_400_000;
const HOURS_BETWEEN = 3;

/** Where a time lies, in percent of the width. Earlier and later times lie at the ends. */
export const placeOf = (at: number, { since, until }: Span): number =>
  Math.min(100, Math.max(0, ((at - since) / (until - since)) * 100));

/**
 * Moves marks apart that would cover each other, as little as possible: each begins `step` percent after the one before
 * it. If there are too many for that, all have the same distance.
 *
 * @param places in ascending order, in percent
 */
export const spread = (places: readonly number[], step: number): readonly number[] => {
  const apart = Math.min(step, 100 / Math.max(1, places.length));
  const moved = [...places];
  let end = 100;
  for (let index = moved.length - 1; index >= 0; index -= 1) {
    end = Math.min(moved[index] ?? 0, end - apart);
    moved[index] = end;
  }
  let start = 0;
  return moved.map((place) => {
    const free = Math.max(place, start);
    start = free + apart;
    return free;
  });
};

export type Tick = { readonly at: number; readonly text: string };

const pad = (part: number): string => String(part).padStart(2, '0');

/** Local times to label: every three hours of a day, or every midnight of a longer span. */
export const ticksOf = ({ since, until }: Span): readonly Tick[] => {
  const isDay = until - since < 2 * DAY_MS;
  const step = isDay ? HOURS_BETWEEN : 24;
  const first = new Date(since);
  const ticks: Tick[] = [];
  for (let hours = 0; ; hours += step) {
    // From the same midnight each time: a day with a change of the clock is shorter or longer, or has no midnight.
    const time = new Date(first.getFullYear(), first.getMonth(), first.getDate(), hours);
    const at = time.getTime();
    if (!(at < until)) return ticks;
    if (at <= since) continue;
    const text = isDay
      ? `${pad(time.getHours())}:00`
      : `${pad(time.getMonth() + 1)}-${pad(time.getDate())}`;
    ticks.push({ at, text });
  }
};
