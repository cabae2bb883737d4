import { unlessAborted } from '../../exchange/deadline.ts';

/**
 * Work that several wait for is done once. One asker that goes away takes nothing from the others, so
 * the work must end by limits of its own.
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
