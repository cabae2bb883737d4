const FIRST_MS = 1_000;
const LONGEST_MS = 15_000;

/** How long to wait before trying the `attempt`th time, from 1; `random` (0 to 1) spreads many pages. */
export const retryPause = (attempt: number, random: number): number =>
  Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(attempt - 1, 10)) * (0.75 + random / 2);
