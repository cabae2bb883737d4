import type { Clock } from './clock.ts';

export type StoreClock = Clock & {
  /** Sets the clock to the database's current time, in ms since the epoch. */
  readonly set: (storeNow: number) => void;
};

/** Smaller differences are the latency of the query. */
const SLACK_MS = 250;

/**
 * A clock that follows the database's, so that all instances of a store agree on due times. Until it is set, it shows
 * the machine's own time.
 */
export const createStoreClock = (clock: Clock): StoreClock => {
  let aheadMs = 0;
  return {
    now: () => clock.now() + aheadMs,
    monotonic: clock.monotonic,
    wait: clock.wait,
    set: (storeNow) => {
      const found = Math.round(storeNow - clock.now());
      if (Math.abs(found - aheadMs) > SLACK_MS) aheadMs = found;
    },
  };
};
