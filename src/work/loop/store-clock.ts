import type { Clock } from './clock.ts';

export type StoreClock = Clock & {
  /** What the database's clock shows now, ms since the epoch. */
  readonly set: (storeNow: number) => void;
};

/** Smaller differences are what asking took. */
const SLACK_MS = 250;

/**
 * A clock that shows what the database's does, so that all instances of a store agree about due times. Until it is set
 * it shows the machine's own.
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
