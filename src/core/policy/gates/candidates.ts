import type { Digest } from '../../image/digest.ts';
import { whyNot } from '../choose-tag.ts';
import type { Policy, TagSeen } from '../policy.ts';
import type { Candidate } from './gate-state.ts';

/** A digest that a tag was seen with. */
export type SeenDigest = Candidate & {
  /** When the tag last moved to it, ms since the epoch. */
  readonly appearedAt: number;
  /** The registry no longer has it. */
  readonly isGone: boolean;
};

export type CandidatesFrom = {
  /** What the service has. The digest is null if unknown. */
  readonly present: { readonly tag: string; readonly digest: Digest | null };
  /** Which other tags it follows; null for none. */
  readonly policy: Policy | null;
  /** What the compared tag shows now. */
  readonly published: { readonly tag: string; readonly digest: Digest };
  /** All digests that the repository's tags were seen with, in no order. */
  readonly seen: readonly SeenDigest[];
};

/**
 * What a service could move to, oldest first: what its tag showed after the running digest, and newer tags that it
 * follows. Nothing that its tag showed earlier is a candidate. If the tag was never seen with the running digest, only
 * what is published now is certain to be newer.
 */
export const candidatesOf = (from: CandidatesFrom, now: number): readonly Candidate[] => {
  const { present, policy, published } = from;
  const known = from.seen.some(
    ({ tag, digest }) => tag === published.tag && digest === published.digest,
  );
  // Shown for the first time, and not recorded yet.
  const shown = { ...published, firstSeenAt: now, appearedAt: now, isGone: false };
  const seen = (known ? from.seen : [...from.seen, shown]).filter(({ isGone }) => !isGone);
  const isShown = (one: SeenDigest): boolean =>
    one.tag === published.tag && one.digest === published.digest;
  const ran = from.seen.find(({ tag, digest }) => tag === present.tag && digest === present.digest);
  const isNewer = (one: SeenDigest): boolean => {
    if (one.tag === present.tag) {
      if (one.digest === present.digest) return false;
      return isShown(one) || (ran !== undefined && one.appearedAt > ran.appearedAt);
    }
    if (policy === null) return false;
    const here: TagSeen = { tag: present.tag, arrivedAt: ran?.firstSeenAt ?? null };
    return whyNot(policy, here, asTag(one)) === null;
  };
  return seen
    .filter(isNewer)
    .toSorted((a, b) => compare(policy, a, b) || Number(isShown(a)) - Number(isShown(b)))
    .map(({ tag, digest, firstSeenAt }) => ({ tag, digest, firstSeenAt }));
};

const asTag = ({ tag, firstSeenAt }: SeenDigest): TagSeen => ({ tag, arrivedAt: firstSeenAt });

const compare = (policy: Policy | null, a: SeenDigest, b: SeenDigest): number => {
  const byTag = policy === null || a.tag === b.tag ? 0 : (policy.compare(asTag(a), asTag(b)) ?? 0);
  return byTag === 0 ? a.appearedAt - b.appearedAt : byTag;
};
