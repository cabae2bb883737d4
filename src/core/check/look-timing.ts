import type { Digest } from '../image/digest.ts';

/**
 * A registry can lag behind its own hook. After a hook the tag is looked at again this long after it
 * came, until the digest that it named is seen or, where it named none, to the end: HEAD is free.
 */
export const FOLLOW_UPS_MS: readonly number[] = [5_000, 30_000, 120_000];

/** A look does for every follow-up due within this time: the hooks of a burst differ by less. */
const FOLLOW_UP_SLACK_MS = 2_000;

/** A hook this soon after a look of its repository is taken for part of a burst. */
export const BURST_MS = 2_000;
/** A burst is over when this long no hook came … */
export const BURST_QUIET_MS = 400;
/** … and is never waited out longer than this. */
export const BURST_LONGEST_MS = 3_000;

export type AwaitedPush = {
  /** When the hook came, ms since the epoch. */
  readonly receivedAt: number;
  readonly named: Digest | null;
};

/**
 * When, in ms since the epoch, a push must be looked at again after a look at `now` that saw `seen`
 * (null: the registry could not tell), or null where it has been looked at enough.
 */
export const nextFollowUp = (
  push: AwaitedPush,
  seen: Digest | null,
  now: number,
): number | null => {
  if (push.named !== null && push.named === seen) return null;
  for (const after of FOLLOW_UPS_MS) {
    const due = push.receivedAt + after;
    if (due > now + FOLLOW_UP_SLACK_MS) return due;
  }
  return null;
};

/**
 * When the look that a hook asks for should run. The first hook of a burst is acted on at once; the
 * rest make one more look when the burst has gone quiet.
 *
 * @param lastLookAt when the repository's last look began, or null
 * @param firstWaitingAt when the first hook came that no look has begun after, or null
 */
export const lookAfterHook = (
  now: number,
  lastLookAt: number | null,
  firstWaitingAt: number | null,
): number => {
  const first = firstWaitingAt ?? now;
  // The burst is that of the first hook that waits: those after it belong to it however late.
  if (lastLookAt === null || first - lastLookAt > BURST_MS) return now;
  return Math.max(now, Math.min(now + BURST_QUIET_MS, first + BURST_LONGEST_MS));
};
