import { chooseTag, refusalOf, whyNot } from './choose-tag.ts';
import { parsePolicy } from './parse-policy.ts';
import type { TagSeen } from './policy.ts';

/** The properties of a service that may follow tags. */
export type Follower = {
  /** Its label `cd-helper.track`; null if it has none. */
  readonly label: string | null;
  readonly present: string;
};

/** The effect of a pushed tag on a service of its repository. */
export type PushEffect =
  /** It moves to the tag, unless something holds it. */
  | { readonly kind: 'moves' }
  /** It has that tag: the pushed digest is compared with the running one. */
  | { readonly kind: 'compared' }
  /** `why` is one line for a person. `refused` is true if the service does not follow the tag at all. */
  | { readonly kind: 'stays'; readonly why: string; readonly refused: boolean };

const stays = (why: string, refused: boolean): PushEffect => ({ kind: 'stays', why, refused });

/**
 * The effect of pushing `tag`, alone or together with the others in `tags`, on a service, by its label and its tag. For
 * policies that order by arrival, the push counts as the newest.
 */
export const effectOfPush = (
  { label, present }: Follower,
  tag: string,
  tags: readonly string[] = [tag],
): PushEffect => {
  if (tag === present) return { kind: 'compared' };
  if (label === null) return stays(`it follows no tags and stays at ${present}`, true);
  const parsed = parsePolicy(label);
  if (!parsed.ok)
    return stays(`its label cd-helper.track=${label} is wrong: ${parsed.problem}`, true);
  const { policy } = parsed;
  const refusal = refusalOf(policy, tag, present);
  if (refusal !== null) return stays(refusal, true);
  const here: TagSeen = { tag: present, arrivedAt: null };
  const seen = tags.map((each): TagSeen => ({ tag: each, arrivedAt: 0 }));
  const why = whyNot(policy, here, { tag, arrivedAt: 0 });
  if (why !== null) return stays(why, false);
  const chosen = chooseTag(policy, here, seen);
  return chosen === null || chosen === tag
    ? { kind: 'moves' }
    : stays(`the same delivery also has ${chosen}, which is used instead`, false);
};
