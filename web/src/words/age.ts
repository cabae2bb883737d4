const STEPS: readonly (readonly [unit: string, ms: number])[] = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1_000],
];

/** A duration in short form: `3 d`, `5 h`, `12 min`, `8 s`. */
export const printDuration = (ms: number): string => {
  for (const [unit, size] of STEPS) {
    if (ms >= size) return `${Math.floor(ms / size)} ${unit}`;
  }
  return ms >= 100 ? `${(Math.floor(ms / 100) / 10).toFixed(1)} s` : '0 s';
};

/** How long ago, or how far ahead, a time is. Less than a second is `now`. */
export const printAge = (at: number, now: number): string => {
  const ms = now - at;
  if (Math.abs(ms) < 1_000) return 'now';
  return ms > 0 ? `${printDuration(ms)} ago` : `in ${printDuration(-ms)}`;
};

/** The offset of an event from a start: `+0.3 s`, `+12 s`, `+2 min 5 s`. */
export const printOffset = (ms: number): string => {
  if (ms < 10_000) return `+${(Math.max(0, ms) / 1_000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1_000);
  if (seconds < 60) return `+${seconds} s`;
  return `+${Math.floor(seconds / 60)} min ${seconds % 60} s`;
};
