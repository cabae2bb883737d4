/** Tells those who wait for news of the store that there may be some, without saying what. */
export type Changes = {
  /** Something was written, or is about to be committed. */
  readonly ring: () => void;
  /**
   * Has `listener` called whenever something is written; it must not throw. A transaction may still be under way
   * then: a query made at once waits for its end. Returns what ends it.
   */
  readonly onChange: (listener: () => void) => () => void;
};

export const createChanges = (): Changes => {
  const listeners = new Set<() => void>();
  return {
    ring: () => {
      for (const listener of listeners) listener();
    },
    onChange: (listener) => {
      // The same function may listen twice.
      const one = (): void => listener();
      listeners.add(one);
      return () => listeners.delete(one);
    },
  };
};
