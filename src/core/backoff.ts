export type Backoff = {
  readonly firstMs: number;
  readonly longestMs: number;
};

/**
 * How long to wait after the `attempt`-th failure in a row (from 1). The wait doubles from `firstMs` up to `longestMs`;
 * `random` (0 to 1) spreads it over its upper half so that clients do not retry in step.
 */
export const backoffMs = (backoff: Backoff, attempt: number, random: number): number => {
  const full = Math.min(backoff.longestMs, backoff.firstMs * 2 ** Math.min(attempt - 1, 30));
  return Math.round(full * (0.5 + random / 2));
};
