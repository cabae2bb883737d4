/** Time, as a parameter: tests control it. */
export type Clock = {
  /** ms since the epoch. Somebody may set it, so do not measure waits inside the process with it. */
  readonly now: () => number;
  /** ms since an arbitrary moment; never goes back and is never set. */
  readonly monotonic: () => number;
  /** Resolves after `ms` of monotonic time, or rejects with the signal's reason. */
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
};
