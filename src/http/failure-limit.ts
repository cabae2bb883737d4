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
    const forgiven = before === undefined ? 0 : ((at - before.at) / 1000) * FORGIVEN_PER_SECOND;
    const failures = Math.min(Math.max((before?.failures ?? 0) - forgiven, 0) + 1, BURST + 1);
    buckets.delete(address);
    buckets.set(address, { failures, at });
    if (buckets.size > MOST_ADDRESSES) {
      const oldest = buckets.keys().next();
      if (oldest.done !== true) buckets.delete(oldest.value);
    }
    return failures > BURST ? Math.ceil((failures - BURST) / FORGIVEN_PER_SECOND) : null;
  };
};
