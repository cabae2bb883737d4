const FIRST_MS = 1_000;
const LONGEST_MS = 15_000;

/** How long to wait before attempt number `attempt` (from 1), in ms. `random` (0 to 1) spreads many pages. */
export const retryPause = (attempt: number, random: number): number =>
  Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(attempt - 1, 10)) * (0.75 + random / 2);
