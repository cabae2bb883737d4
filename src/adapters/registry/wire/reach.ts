import { createBoundedCache } from './bounded-cache.ts';
import { bareHostname, isLoopbackHostname, isPrivateAddress } from './forbidden-address.ts';
import type { Reach } from './guarded-lookup.ts';

/** Registries of which it is remembered whether they are inside a network. */
const MOST_HOMES = 1_000;

export type Reaches = {
  /** `sentBy` is the host name of the registry that named this host; null where the operator or an image did. */
  readonly of: (hostname: string, sentBy: string | null) => Reach;
  /** What a registry's own name led to when it was last resolved. */
  readonly note: (hostname: string, addresses: readonly string[]) => void;
};

/**
 * Decides how far a connection may reach. A redirect or a token realm is written by whoever runs the registry, so
 * it opens no network that this registry is not inside itself.
 *
 * @param isListed whether the configuration names this host: then it may be anywhere
 */
export const createReaches = (isListed: (hostname: string) => boolean): Reaches => {
  const homes = createBoundedCache<boolean>({ entries: MOST_HOMES });
  return {
    of: (hostname, sentBy) => {
      if (sentBy === null || isListed(bareHostname(hostname))) {
        return { mayBeLocal: true, mayBePrivate: true };
      }
      const registry = bareHostname(sentBy);
      const isLocal = isLoopbackHostname(registry);
      const isInside = isLocal || isPrivateAddress(registry) || homes.get(registry) === true;
      return { mayBeLocal: isLocal, mayBePrivate: isInside };
    },
    note: (hostname, addresses) => homes.set(hostname, addresses.some(isPrivateAddress)),
  };
};
