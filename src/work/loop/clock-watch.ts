import type { Clock } from './clock.ts';

/** Finer differences are the machine's own corrections. */
const SLACK_MS = 500;

/**
 * Tells whether somebody may have set the clock back since the last time that it was asked; yes the first time, as
 * nobody knows what happened before the start. It compares the clock with time that only goes forward.
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
