/** A bell between what makes work and the loop that does it: rung any number of times, heard once. */
export type Bell = {
  readonly ring: () => void;
  /** Resolves at the next ring, at once if it rang since the last wait, or after `ms`; never rejects. */
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
};

/** Timers in Node hold at most 2^31-1 ms. */
const LONGEST_WAIT_MS = 24 * 3_600_000;

export const createBell = (): Bell => {
  let rung = false;
  let hear: (() => void) | null = null;
  return {
    ring: () => {
      rung = true;
      hear?.();
    },
    wait: (ms, signal) =>
      new Promise((resolve) => {
        const end = (): void => {
          clearTimeout(timer);
          signal.removeEventListener('abort', end);
          hear = null;
          rung = false;
          resolve();
        };
        const timer = setTimeout(end, Math.min(Math.max(ms, 0), LONGEST_WAIT_MS));
        hear = end;
        signal.addEventListener('abort', end);
        if (rung || signal.aborted) end();
      }),
  };
};
