import { unlessAborted } from '../../exchange/deadline.ts';

/**
 * Does work once for all callers that wait for it. A caller that gives up must not affect the others, so the work
 * needs limits of its own.
 */
export type SharedWork<V> = (
  key: string,
  work: () => Promise<V>,
  caller: AbortSignal,
) => Promise<V>;

export const createSharedWork = <V>(): SharedWork<V> => {
  const underWay = new Map<string, Promise<V>>();
  return (key, work, caller) => {
    const present = underWay.get(key);
    if (present !== undefined) return unlessAborted(present, caller);
    const made = work().finally(() => underWay.delete(key));
    made.catch(() => undefined);
    underWay.set(key, made);
    return unlessAborted(made, caller);
  };
};
