import type { Clock } from './clock.ts';

/** A bell between a source of work and the loop that does it. Any number of rings wakes the loop once. */
export type Bell = {
  readonly ring: () => void;
  /** Resolves at the next ring, at once if it rang since the last wait, or after `ms`; never rejects. */
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
};

/**
 * A cheap reason for ending a sleep. The default reason is an error, and creating that takes longer than all else
 * here.
 */
const HEARD = 'heard';
/** Timers in Node hold at most 2^31-1 ms. */
const LONGEST_WAIT_MS = 24 * 3_600_000;

export const createBell = (clock: Pick<Clock, 'wait'>): Bell => {
  let rung = false;
  let hear: (() => void) | null = null;
  return {
    ring: () => {
      rung = true;
      hear?.();
    },
    wait: (ms, signal) =>
      new Promise((resolve) => {
        const over = new AbortController();
        const end = (): void => {
          over.abort(HEARD);
          signal.removeEventListener('abort', end);
          hear = null;
          rung = false;
          resolve();
        };
        hear = end;
        signal.addEventListener('abort', end);
        if (rung || signal.aborted) {
          end();
          return;
        }
        clock.wait(Math.min(Math.max(ms, 0), LONGEST_WAIT_MS), over.signal).then(end, () => {});
      }),
  };
};
