import type { Clock } from './clock.ts';

/** Smaller differences are the machine's own corrections. */
const SLACK_MS = 500;

/**
 * Returns a function that says whether somebody may have set the clock back since its last call. The first call says
 * yes, because nobody knows what happened before the start. Compares the clock with monotonic time.
 */
export const watchClock = ({
  now,
  monotonic,
}: Pick<Clock, 'now' | 'monotonic'>): (() => boolean) => {
  let ahead = Number.POSITIVE_INFINITY;
  return () => {
    const before = ahead;
    ahead = now() - monotonic();
    return ahead < before - SLACK_MS;
  };
};
