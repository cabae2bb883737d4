import type { Policy, TagSeen } from './policy.ts';
import { isAttachedTag } from './tag-list.ts';

/**
 * The newest of these tags that a service should move to from its present one; null if it stays. The answer does not
 * depend on the order of the tags or the number of calls, and is never an older tag.
 */
export const chooseTag = (
  policy: Policy,
  present: TagSeen,
  tags: readonly TagSeen[],
): string | null => {
  const here = lastSeen(present, tags);
  let best: TagSeen | null = null;
  for (const one of tags) {
    if (whyNot(policy, here, one) !== null) continue;
    if (best === null || isBetter(policy, present.tag, one, best)) best = one;
  }
  return best?.tag ?? null;
};

/**
 * The newest of these tags that the policy takes for a service with the tag `present`, even if it is older than that
 * one.
 */
export const newestTag = (
  policy: Policy,
  present: string,
  tags: readonly TagSeen[],
): string | null => {
  let best: TagSeen | null = null;
  for (const one of tags) {
    if (refusalOf(policy, one.tag, present) !== null) continue;
    if (best === null || isBetter(policy, present, one, best)) best = one;
  }
  return best?.tag ?? null;
};

/** The present tag as it was last pushed: it may be among these tags. */
const lastSeen = (present: TagSeen, tags: readonly TagSeen[]): TagSeen =>
  tags
    .filter(({ tag }) => tag === present.tag)
    .reduce((a, b) => ((b.arrivedAt ?? 0) > (a.arrivedAt ?? 0) ? b : a), present);

/** Why a service that has the tag `present` does not move to another; null if it would. */
export const whyNot = (policy: Policy, present: TagSeen, other: TagSeen): string | null => {
  if (other.tag === present.tag) return 'the service has this tag';
  const refusal = refusalOf(policy, other.tag, present.tag);
  if (refusal !== null) return refusal;
  // A tag without a place in the order counts as older than all that have one.
  const order = policy.compare(other, present) ?? 1;
  if (order > 0) return null;
  return order === 0
    ? `it is the same version as ${present.tag}, which the service has`
    : `it is older than ${present.tag}, which the service has`;
};

/** Why the service does not follow a tag, newer or not; null if it does. */
export const refusalOf = (policy: Policy, tag: string, present: string): string | null =>
  isAttachedTag(tag) ? 'it belongs to another image' : policy.refuses(tag, present);

const isBetter = (policy: Policy, present: string, one: TagSeen, other: TagSeen): boolean => {
  const order = policy.compare(one, other) ?? 0;
  if (order !== 0) return order > 0;
  const likeness = likenessOf(one.tag, present) - likenessOf(other.tag, present);
  return likeness === 0 ? one.tag < other.tag : likeness > 0;
};

/** Of equal versions, prefer the one in the form of the present tag: with or without `v`, with or without metadata. */
const likenessOf = (tag: string, present: string): number =>
  [/^v/, /_/].filter((form) => form.test(tag) === form.test(present)).length;
