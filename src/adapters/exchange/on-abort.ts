type Party = { readonly calls: Set<() => void>; readonly hear: () => void };

const parties = new WeakMap<AbortSignal, Party>();

const partyOf = (signal: AbortSignal): Party => {
  const present = parties.get(signal);
  if (present !== undefined) return present;
  const calls = new Set<() => void>();
  const hear = (): void => {
    for (const call of calls) call();
  };
  signal.addEventListener('abort', hear, { once: true });
  const made = { calls, hear };
  parties.set(signal, made);
  return made;
};

/**
 * Calls `call` when the signal is aborted, and never after what it gives was called. All who listen at the
 * same time share one listener: of a run over thousands of images each listens several times, and a signal
 * compares a new listener with every one that it has.
 */
export const onAbort = (signal: AbortSignal, call: () => void): (() => void) => {
  const party = partyOf(signal);
  // An own function, as the same one may be given twice.
  const own = (): void => call();
  party.calls.add(own);
  return () => {
    // A signal with a listener may be kept in memory for it.
    if (!party.calls.delete(own) || party.calls.size > 0) return;
    signal.removeEventListener('abort', party.hear);
    parties.delete(signal);
  };
};
