import type { Clock } from './clock.ts';

/**
 * The time as if nobody had set the clock since the call, in ms since the epoch. For durations within the process
 * that are compared with a time from the store or another machine.
 */
export const createSteadyNow = ({ now, monotonic }: Pick<Clock, 'now' | 'monotonic'>) => {
  const beganAt = now() - monotonic();
  return (): number => beganAt + monotonic();
};
