/** A tag that must not be deployed: by which hold, and one line for a person. */
export type HeldTag = { readonly tag: string; readonly reason: string; readonly why: string };

/** How a service stands that follows the tags of its repository. */
export type TrackingView = {
  /** As its label says it: `semver:1.x`. */
  readonly policy: string;
  /** The newest tag that the policy takes, of those that are known; null where none is. */
  readonly newest: string | null;
  /** The tag that it would move to, now or once nothing is in the way; null where it stays. */
  readonly next: string | null;
  /** One line for a person: what keeps it from moving; null where nothing does. */
  readonly whyNot: string | null;
  /** How many tags `newest` was chosen among, where the repository was listed; else null. */
  readonly tags: number | null;
  /** Newer tags that must not be deployed to it, and why, the newest first; only where one service is read. */
  readonly held?: readonly HeldTag[];
  /** The newer tag that the helper had moved it to before somebody put it back to the one that it has. */
  readonly ran: { readonly tag: string; readonly since: string; readonly until: string } | null;
};

const counted = (count: number): string =>
  count === 1 ? '1 tag' : `${count.toLocaleString('en')} tags`;

/** `matches semver:1.x, newest of 214 tags`, why a service would move to `next`. */
export const moveReason = ({ policy, newest, next, tags }: TrackingView): string => {
  const rank = next === newest ? 'newest' : 'newest that is not held';
  const among = tags === null ? 'of what was pushed' : `of ${counted(tags)}`;
  return `matches ${policy}, ${rank} ${among}`;
};

/** `v1.3.0 → v1.4.2: matches semver:1.x, newest of 214 tags`; null where the service stays on its tag. */
export const moveWords = (present: string, tracking: TrackingView): string | null =>
  tracking.next === null ? null : `${present} → ${tracking.next}: ${moveReason(tracking)}`;

/** `stack file says v1.3.0, ran v1.4.2 since …`, for a service that somebody put back. */
export const putBackWords = (present: string, { ran }: TrackingView): string | null =>
  ran === null
    ? null
    : `stack file says ${present}, ran ${ran.tag} since ${ran.since} until it was put back at ${ran.until}`;
