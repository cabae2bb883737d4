/** A `Retry-After` up to this is waited for within a lookup. A longer one is reported to the caller. */
export const SHORT_RETRY_AFTER_MS = 5_000;

/**
 * How long to wait before a retry, in ms, or null to give up. Doubles with each attempt. `random` (0 to 1) spreads
 * it, so that many callers that failed together do not come back together.
 */
export const retryPause = (failed: {
  /** 1 for the first. */
  readonly attempt: number;
  readonly tries: number;
  readonly retryable: boolean;
  readonly retryAfterMs: number | null;
  readonly basePauseMs: number;
  readonly random: number;
}): number | null => {
  const { attempt, tries, retryable, retryAfterMs, basePauseMs, random } = failed;
  if (!retryable || attempt >= tries) return null;
  const spread = basePauseMs * 2 ** (attempt - 1) * (0.5 + random);
  if (retryAfterMs === null) return spread;
  return retryAfterMs <= SHORT_RETRY_AFTER_MS ? retryAfterMs + random * basePauseMs : null;
};
