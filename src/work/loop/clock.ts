/** Time, so that tests own it. */
export type Clock = {
  /** ms since the epoch. */
  readonly now: () => number;
  /** Resolves after `ms`, or rejects with the signal's reason. */
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
};
