import type { Digest } from '../image/digest.ts';

/** So long what a registry has shown may be relied upon: about as long as the follow-ups of a webhook go on. */
const FRESH_MS = 120_000;

/**
 * Whether a decision to deploy has to be made anew, from the registry: the service no longer has the digest
 * that it was made on, because somebody else deployed, or it is old, as after a freeze, an outage, a failed
 * try, a restart or a restored backup.
 *
 * @param present the digest that the service's spec names
 * @param last what the registry was last seen to show for the tag, when it was asked last, and why it did not
 *   answer then; null for never
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
  // What it keeps of the digest is of an answer before, and that may be of long ago.
  if (last.failure !== null) return true;
  const age = now - last.checkedAt;
  // One that lies ahead is of a clock that was set back since.
  return age < 0 || age > FRESH_MS;
};
