/** Failed sign-ins of one address that are answered one by one, and how fast they are forgiven. */
const BURST = 100;
const FORGIVEN_PER_SECOND = 1;
/** Addresses remembered; the oldest is forgotten first. */
const MOST_ADDRESSES = 10_000;

/**
 * Counts one failed sign-in of an address: null while there are few, else the seconds to wait. Right
 * secrets are never counted nor refused, or anybody who shares an address with a sender (all do
 * behind a proxy that is not trusted) could keep its pushes out.
 */
export const createFailureLimit = (now: () => number): ((address: string) => number | null) => {
  const buckets = new Map<string, { failures: number; at: number }>();
  return (address) => {
    const at = now();
    const before = buckets.get(address);
    const seconds = before === undefined ? 0 : Math.max(at - before.at, 0) / 1000;
    const left = Math.max((before?.failures ?? 0) - seconds * FORGIVEN_PER_SECOND, 0);
    const tooMany = left + 1 - BURST;
    // One that is told to wait is not counted: whoever waits as long as told is heard.
    const failures = tooMany > 0 ? left : left + 1;
    buckets.delete(address);
    buckets.set(address, { failures, at });
    if (buckets.size > MOST_ADDRESSES) {
      const oldest = buckets.keys().next();
      if (oldest.done !== true) buckets.delete(oldest.value);
    }
    return tooMany > 0 ? Math.ceil(tooMany / FORGIVEN_PER_SECOND) : null;
  };
};
