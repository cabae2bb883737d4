import { chooseTag, refusalOf, whyNot } from './choose-tag.ts';
import { parsePolicy } from './parse-policy.ts';
import type { TagSeen } from './policy.ts';

/** What a service has that may follow tags. */
export type Follower = {
  /** Its label `cd-helper.track`; null where it has none. */
  readonly label: string | null;
  readonly present: string;
};

/** What a push of a tag means to a service of its repository. */
export type PushEffect =
  /** It moves there, unless something holds it. */
  | { readonly kind: 'moves' }
  /** It has that tag: what was pushed is compared with what it runs. */
  | { readonly kind: 'compared' }
  /** `why` is one line for a person; `refused` where the tag is none of those that the service follows. */
  | { readonly kind: 'stays'; readonly why: string; readonly refused: boolean };

const stays = (why: string, refused: boolean): PushEffect => ({ kind: 'stays', why, refused });

/**
 * What a push of `tag`, alone or together with the others in `tags`, means to a service by its label and its tag.
 * By arrival, the push is taken for the newest.
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
    : stays(`the same delivery names ${chosen}, which is taken instead`, false);
};
