/** A tag that was pushed, or that a service has. */
export type TagSeen = {
  readonly tag: string;
  /** When it was first pushed with its digest, ms since the epoch; null if no push of it is known. */
  readonly arrivedAt: number | null;
};

/** Which tags a service follows, according to the label `cd-helper.track`. */
export type Policy = {
  /** As written in the label: `semver:1.x`. */
  readonly text: string;
  /** Whether the registry's list of tags is enough to find the newest. Ordering by arrival needs pushes. */
  readonly ordersTags: boolean;
  /** Why the policy does not take `tag` for a service that has the tag `present`; null if it does. */
  readonly refuses: (tag: string, present: string) => string | null;
  /** Positive if `a` is newer, 0 if neither is; null if one of them has no place in the order. */
  readonly compare: (a: TagSeen, b: TagSeen) => number | null;
};

export type ParsedPolicy =
  | { readonly ok: true; readonly policy: Policy }
  | { readonly ok: false; readonly problem: string };

/** `problem` is one line for a person: what is wrong, and what to write instead. */
export const noPolicy = (problem: string): ParsedPolicy => ({ ok: false, problem });

/** A pattern of `glob:` and `newest:` that no tag could match, or null. */
export const problemOfGlob = (pattern: string): string | null => {
  if (pattern === '') return 'a pattern is missing, such as v1.* or main-*';
  const other = /[^\w.*?-]/.exec(pattern)?.[0];
  return other === undefined
    ? null
    : `no tag holds "${other}": a pattern is made of letters, digits, "_", ".", "-", and "*" or "?" for what differs`;
};
