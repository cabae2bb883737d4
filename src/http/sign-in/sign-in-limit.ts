/** Number of sessions that one token may open at once, and the time until one more is allowed. */
const BURST = 30;
const ONE_MORE_AFTER_MS = 10_000;

/**
 * Counts a sign-in of a token, by its name. Returns null if there were few, else the seconds to wait. Each sign-in adds
 * a row to the audit and a session. The token itself keeps working.
 */
export const createSignInLimit = (now: () => number): ((token: string) => number | null) => {
  const opened = new Map<string, { count: number; at: number }>();
  return (token) => {
    const at = now();
    const before = opened.get(token);
    const since = before === undefined ? 0 : Math.max(at - before.at, 0);
    const left = Math.max((before?.count ?? 0) - since / ONE_MORE_AFTER_MS, 0);
    const tooMany = left + 1 - BURST;
    opened.set(token, { count: tooMany > 0 ? left : left + 1, at });
    return tooMany > 0 ? Math.ceil((tooMany * ONE_MORE_AFTER_MS) / 1000) : null;
  };
};
