import type { Digest } from '../image/digest.ts';

/** How long to rely on a registry's answer: about as long as the follow-ups of a webhook last. */
const FRESH_MS = 120_000;

/**
 * Whether a decision to deploy must be made again from the registry: the service no longer has the digest that it was
 * based on because somebody else deployed, or the decision is old, as after a freeze, an outage, a failed try, a
 * restart or a restored backup.
 *
 * @param present the digest that the service's spec names
 * @param last what the registry last showed for the tag, when it was last asked, and why that lookup failed; null for
 * never
 * @param now ms since the epoch, by the clock of `last`
 */
export const isAged = (
  { from, to }: { readonly from: Digest | null; readonly to: Digest | null },
  present: Digest | null,
  last: {
    readonly digest: Digest | null;
    readonly failure: string | null;
    readonly checkedAt: number;
  } | null,
  now: number,
): boolean => {
  if (present !== from || last === null || last.digest !== to) return true;
  // The digest is from an earlier answer, possibly from long ago.
  if (last.failure !== null) return true;
  const age = now - last.checkedAt;
  // A time in the future comes from before the clock was set back.
  return age < 0 || age > FRESH_MS;
};
