import type { Digest } from '../image/digest.ts';
import type { Observation } from '../swarm/service.ts';
import { AFTER_A_FAILURE, MONITOR_DEFAULT_MS, type RolloutStatus } from './follow.ts';

/** The judgement of an update, with the observation behind it. */
export type Judged = {
  readonly status: Exclude<RolloutStatus, { kind: 'under-way' }>;
  readonly seen: Observation;
};

/** What is remembered between two observations of an update; times in ms since the epoch. */
export type Watch = {
  readonly begunAt: number;
  readonly seenAt: number;
  /** It counts as late from then on. */
  readonly lateAt: number;
  /** Since when a task of the update is being prepared; null if none is. */
  readonly preparingSince: number | null;
  /** How often the deadline was moved because the service had not been seen. */
  readonly graces: number;
  readonly settledSince: number | null;
  /** The digest is already held. */
  readonly isHeld: boolean;
  /** A failure was seen, but not the task that explains it. */
  readonly wasUnexplained: boolean;
  /** The engine's word was already waited out once. */
  readonly wasConfirmed: boolean;
  /** The engine's word, held back until late news has arrived. */
  readonly pending: Judged | null;
  /** The member of the index that the cluster itself pinned. */
  readonly chosen: Digest | null;
};

/**
 * The deadline may have passed while nobody saw the service: the cluster or the helper was unreachable, the machine was
 * suspended, or the clock was set. The helper then looks for at least this long before it calls anything late.
 */
export const GRACE_MS = 60_000;
/** Bound on the waiting for a cluster that answers only now and then. */
const MOST_GRACES = 30;

export const beginWatch = (now: number, sentAt: number, deadlineAt: number): Watch => ({
  begunAt: now,
  seenAt: Math.min(sentAt, now),
  // A deadline further ahead than it ever was comes from before the clock was set back.
  lateAt: Math.min(deadlineAt, now + Math.max(deadlineAt - sentAt, 0)),
  preparingSince: null,
  graces: 0,
  settledSince: null,
  isHeld: false,
  wasUnexplained: false,
  wasConfirmed: false,
  pending: null,
  chosen: null,
});

/** The same once the service is seen again: the state before a gap says nothing about the time since. */
export const seenNow = (watch: Watch, now: number): Watch => {
  if (now - watch.seenAt <= GRACE_MS) return { ...watch, seenAt: now };
  const lateAt = watch.graces < MOST_GRACES ? Math.max(watch.lateAt, now + GRACE_MS) : watch.lateAt;
  return { ...watch, seenAt: now, lateAt, graces: watch.graces + 1, settledSince: null };
};

/** Whether every task is in place, and the time in which they may still fail is not over. */
export const isWatched = (
  seen: Observation,
  { settledSince }: Pick<Watch, 'settledSince'>,
  now: number,
): boolean =>
  settledSince !== null &&
  now - settledSince <
    AFTER_A_FAILURE * (seen.service.updatePolicy?.monitorMs ?? MONITOR_DEFAULT_MS) + GRACE_MS;
