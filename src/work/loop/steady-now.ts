import type { Clock } from './clock.ts';

/**
 * The time as it would be had nobody set the clock since: ms since the epoch, for durations within the process that
 * are compared with a time from the store or from elsewhere.
 */
export const createSteadyNow = ({ now, monotonic }: Pick<Clock, 'now' | 'monotonic'>) => {
  const beganAt = now() - monotonic();
  return (): number => beganAt + monotonic();
};
