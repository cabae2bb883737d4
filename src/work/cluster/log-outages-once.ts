import type { Log, LogFields } from '../../core/log.ts';

/** Warnings that every check and every deployment repeats while a cluster does not answer. */
const OF_OUTAGES: ReadonlySet<string> = new Set([
  'check failed',
  'deployment postponed',
  'the rollout cannot be observed',
]);
const EVERY_MS = 60_000;
/** Maximum number of distinct problems; an unreachable engine has one or two. */
const MOST = 100;

type Told = { readonly at: number; left: number };

/**
 * The same log, but each problem of an outage is written at most once a minute, with the number of lines left out.
 * What each push and each deployment waits for is in the store.
 */
export const logOutagesOnce = (log: Log, monotonic: () => number): Log => {
  const told = new Map<string, Told>();
  const over = (inner: Log): Log => ({
    ...inner,
    warn: (message, fields) => {
      const left = OF_OUTAGES.has(message) ? leftOut(message, fields) : 0;
      if (left === null) return;
      inner.warn(message, left === 0 ? fields : { ...fields, leftOut: left });
    },
    child: (fields) => over(inner.child(fields)),
  });

  /** Null if this line is left out, otherwise how many were left out since the last one. */
  const leftOut = (message: string, fields: LogFields = {}): number | null => {
    const key = `${message}\n${String(fields['problem'])}`;
    const now = monotonic();
    const last = told.get(key);
    if (last !== undefined && now - last.at < EVERY_MS) {
      last.left += 1;
      return null;
    }
    told.delete(key);
    told.set(key, { at: now, left: 0 });
    for (const oldest of told.keys()) {
      if (told.size <= MOST) break;
      told.delete(oldest);
    }
    return last?.left ?? 0;
  };
  return over(log);
};
