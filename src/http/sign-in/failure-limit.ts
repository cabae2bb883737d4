/** Number of failed sign-ins of one address that get individual answers, and how fast they are forgiven. */
const BURST = 100;
const FORGIVEN_PER_SECOND = 1;
/** Maximum number of remembered addresses. The oldest is forgotten first. */
const MOST_ADDRESSES = 10_000;
/** The owner of one IPv6 address usually has its whole /64. */
const GROUPS_OF_NETWORK = 4;
const GROUPS = 8;

/** An IPv4 address, or the /64 of an IPv6 one. */
const networkOf = (address: string): string => {
  if (!address.includes(':')) return address;
  const [head = [], tail] = address.split('::', 2).map((part) => part.split(':').filter(Boolean));
  const missing = tail === undefined ? 0 : GROUPS - head.length - tail.length;
  const groups = [...head, ...Array<string>(Math.max(missing, 0)).fill('0'), ...(tail ?? [])];
  return groups.slice(0, GROUPS_OF_NETWORK).join(':');
};

/** `share` is the used part of the allowed failures, from just above 0 to 1. `seconds` is the time to wait. */
export type CountedFailure =
  | { readonly kind: 'borne'; readonly share: number }
  | { readonly kind: 'too-many'; readonly seconds: number };

/**
 * Counts one failed sign-in of an address. Valid secrets are never counted or refused. Otherwise anyone who shares an
 * address with a sender (as all clients do behind an untrusted proxy) could block its pushes.
 */
export const createFailureLimit = (now: () => number): ((address: string) => CountedFailure) => {
  const buckets = new Map<string, { failures: number; at: number }>();
  return (address) => {
    const at = now();
    const network = networkOf(address);
    const before = buckets.get(network);
    const seconds = before === undefined ? 0 : Math.max(at - before.at, 0) / 1000;
    const left = Math.max((before?.failures ?? 0) - seconds * FORGIVEN_PER_SECOND, 0);
    const tooMany = left + 1 - BURST;
    // An address that must wait is not counted. After the wait, its requests are answered again.
    const failures = tooMany > 0 ? left : left + 1;
    buckets.delete(network);
    buckets.set(network, { failures, at });
    if (buckets.size > MOST_ADDRESSES) {
      const oldest = buckets.keys().next();
      if (oldest.done !== true) buckets.delete(oldest.value);
    }
    return tooMany > 0
      ? { kind: 'too-many', seconds: Math.ceil(tooMany / FORGIVEN_PER_SECOND) }
      : { kind: 'borne', share: failures / BURST };
  };
};
