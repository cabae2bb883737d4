const STEPS: readonly (readonly [unit: string, ms: number])[] = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
];

/** A duration in short form: `3d`, `5h`, `12m`, `8s`. */
export const printDuration = (ms: number): string => {
  for (const [unit, size] of STEPS) {
    if (ms >= size) return `${Math.floor(ms / size)}${unit}`;
  }
  return '0s';
};

/** How long ago a time from the API was; empty for null. */
export const printAge = (time: string | null, now: number): string => {
  const then = time === null ? Number.NaN : Date.parse(time);
  return Number.isNaN(then) ? '' : printDuration(Math.max(0, now - then));
};
