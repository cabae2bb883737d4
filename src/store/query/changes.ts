/** Notifies listeners that the store may have changed, without saying what. */
export type Changes = {
  /** Something was written, or is about to be committed. */
  readonly ring: () => void;
  /**
   * Calls `listener` whenever something is written; it must not throw. A transaction may still be open at that moment:
   * a query made at once waits for its end. Returns a function that removes the listener.
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
      // The same function may be registered twice.
      const one = (): void => listener();
      listeners.add(one);
      return () => listeners.delete(one);
    },
  };
};
