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
 * Calls `call` when the signal is aborted, but never after the returned function was called. All callers share one
 * listener per signal: a run over thousands of images adds several callers for each, and a signal compares a new
 * listener with all that it has.
 */
export const onAbort = (signal: AbortSignal, call: () => void): (() => void) => {
  const party = partyOf(signal);
  // A new function for each caller, because the same `call` may be passed twice.
  const own = (): void => call();
  party.calls.add(own);
  return () => {
    // A signal with a listener may be kept in memory because of it.
    if (!party.calls.delete(own) || party.calls.size > 0) return;
    signal.removeEventListener('abort', party.hear);
    parties.delete(signal);
  };
};
