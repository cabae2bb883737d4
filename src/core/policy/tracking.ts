/** A tag that must not be deployed: the hold, and one line for a person. */
export type HeldTag = { readonly tag: string; readonly reason: string; readonly why: string };

/** The state of a service that follows the tags of its repository. */
export type TrackingView = {
  /** As written in its label: `semver:1.x`. */
  readonly policy: string;
  /** The newest known tag that the policy takes; null if there is none. */
  readonly newest: string | null;
  /** The tag that it would move to, now or once nothing stops it; null if it stays. */
  readonly next: string | null;
  /** One line for a person: what keeps it from moving; null if nothing does. */
  readonly whyNot: string | null;
  /** How many tags `newest` was chosen from; null if the repository was not listed. */
  readonly tags: number | null;
  /** Newer tags that must not be deployed to it, and why, newest first. Only if a single service is read. */
  readonly held?: readonly HeldTag[];
  /** The newer tag that the helper had moved the service to before somebody put it back to the present one. */
  readonly ran: { readonly tag: string; readonly since: string; readonly until: string } | null;
};

const counted = (count: number): string =>
  count === 1 ? '1 tag' : `${count.toLocaleString('en')} tags`;

/** Why a service would move to `next`: `matches semver:1.x, newest of 214 tags`. */
export const moveReason = ({ policy, newest, next, tags }: TrackingView): string => {
  const rank = next === newest ? 'newest' : 'newest not held';
  const among = tags === null ? 'of what was pushed' : `of ${counted(tags)}`;
  return `matches ${policy}, ${rank} ${among}`;
};

/** `v1.3.0 → v1.4.2: matches semver:1.x, newest of 214 tags`; null if the service stays on its tag. */
export const moveWords = (present: string, tracking: TrackingView): string | null =>
  tracking.next === null ? null : `${present} → ${tracking.next}: ${moveReason(tracking)}`;

/** `stack file says v1.3.0, ran v1.4.2 since …`, for a service that somebody put back. */
export const putBackWords = (present: string, { ran }: TrackingView): string | null =>
  ran === null
    ? null
    : `stack file says ${present}, ran ${ran.tag} since ${ran.since} until it was put back at ${ran.until}`;
