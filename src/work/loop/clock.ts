/** Time, so that tests own it. */
export type Clock = {
  /** ms since the epoch. Somebody may set it, so a wait inside the process is not measured by it. */
  readonly now: () => number;
  /** ms since some moment before; only ever goes forward, as fast as time does. */
  readonly monotonic: () => number;
  /** Resolves after `ms` of monotonic time, or rejects with the signal's reason. */
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
};
