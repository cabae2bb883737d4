import { createBoundedCache } from './bounded-cache.ts';
import { bareHostname, isLoopbackHostname, isPrivateAddress } from './forbidden-address.ts';
import type { Reach } from './guarded-lookup.ts';

/** Number of registries to remember: whether each is inside a private network. */
const MOST_HOMES = 1_000;

export type Reaches = {
  /** `sentBy` is the host name of the registry that named this host; null if the operator or an image did. */
  readonly of: (hostname: string, sentBy: string | null) => Reach;
  /** The addresses of a registry's own name when it was last resolved. */
  readonly note: (hostname: string, addresses: readonly string[]) => void;
};

/**
 * Decides how far a connection may reach. The registry's owner writes its redirects and token realms, so they must
 * not open a network that the registry is not in itself.
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
