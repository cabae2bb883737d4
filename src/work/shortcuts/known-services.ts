/**
 * The services that had an image of a repository when the cluster was last asked for all of them: those
 * that a push of it will most likely change. A place to look first, and never to look only: services
 * come, go and change without telling us.
 */
export type KnownServices = {
  /** Ids; none where too many had it, or nobody knows. */
  readonly of: (name: string) => readonly string[];
  readonly learn: (name: string, serviceIds: readonly string[]) => void;
};

/** More services than this are sooner read in one list than one by one. */
const MOST_SERVICES = 8;
/** Those that were looked at longest ago are forgotten first. */
const MOST_NAMES = 10_000;

/**
 * Shortcut: the update of a known service goes out 2 to 3 ms sooner on a small cluster, and a second sooner on one of
 * thousands of services, whose list is read after it (docs/adr/0012-check-known-services-first.md).
 */
export const createKnownServices = (isOn = true): KnownServices => {
  const known = new Map<string, readonly string[]>();
  return {
    of: (name) => known.get(name) ?? [],
    learn: (name, serviceIds) => {
      known.delete(name);
      if (!isOn) return;
      if (serviceIds.length === 0 || serviceIds.length > MOST_SERVICES) return;
      known.set(name, serviceIds);
      for (const oldest of known.keys()) {
        if (known.size <= MOST_NAMES) break;
        known.delete(oldest);
      }
    },
  };
};
