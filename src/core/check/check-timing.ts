import type { Digest } from '../image/digest.ts';

/**
 * A registry can lag behind its own webhook. The tag is checked again this long after the webhook, until the digest
 * that it named appears. If it named none, all follow-ups run: HEAD is free.
 */
export const FOLLOW_UPS_MS: readonly number[] = [5_000, 30_000, 120_000];

/**
 * One check covers every follow-up that is due within this time: the webhooks of a burst arrive at slightly different
 * times.
 */
const FOLLOW_UP_SLACK_MS = 2_000;

/** A webhook this soon after a check of its repository counts as part of a burst. */
export const BURST_MS = 2_000;
/** A burst is over after this long without a webhook … */
export const BURST_QUIET_MS = 400;
/** … and the helper never waits longer than this for its end. */
export const BURST_LONGEST_MS = 3_000;

export type AwaitedPush = {
  /** When the webhook arrived, ms since the epoch. */
  readonly receivedAt: number;
  readonly named: Digest | null;
};

/**
 * When to check a push again, ms since the epoch, after a check at `now` that saw `seen` (null: the registry gave no
 * digest). Null if it has been checked often enough.
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
 * When to run the check that a webhook asks for. The first webhook of a burst runs at once; the rest cause one more
 * check when the burst is over.
 *
 * @param lastCheckAt when the repository's last check began, or null
 * @param firstWaitingAt when the oldest webhook arrived that no check has covered yet, or null
 */
export const checkAfterHook = (
  now: number,
  lastCheckAt: number | null,
  firstWaitingAt: number | null,
): number => {
  const first = firstWaitingAt ?? now;
  // The burst belongs to its first waiting webhook. Later ones join it, however late they are.
  if (lastCheckAt === null || first - lastCheckAt > BURST_MS) return now;
  return Math.max(now, Math.min(now + BURST_QUIET_MS, first + BURST_LONGEST_MS));
};
