import type { Digest } from '../image/digest.ts';
import { ownTimeout } from '../policy/labels.ts';
import type { UpdateMark } from '../swarm/of-update.ts';
import { preparingSince } from '../swarm/pulling.ts';
import { type Observation, specDigest } from '../swarm/service.ts';
import { isRestore } from './carried-out.ts';
import type { Deployment, Intent } from './deployment.ts';
import { condemnsDigest } from './failure-reason.ts';
import { type Failed, follow, type Rollout, type RolloutStatus } from './follow.ts';
import { chooseGood, type Standing, standingOf } from './good-image.ts';
import { endFailed, type Facts, type Move, type Seen } from './move.ts';
import { conclude } from './revert.ts';
import { beginWatch, isWatched, type Judged, seenNow, type Watch } from './watch.ts';

/** A deployment whose update was sent. */
export type SentDeployment = Deployment & { readonly intent: Intent };

/** People watch the first seconds; after that, less frequent checks are good enough. */
const QUICK_MS = 300;
const QUICK_FOR_MS = 60_000;
const SLOW_MS = 1_000;
/** An update is given up after this long without the cluster. */
export const GIVE_UP_MS = 24 * 3_600_000;
/**
 * The engine ends the monitor period on the news that it has by then. A node reports an ended container a moment later:
 * it gathers such news for 100 ms. After this time the news has arrived.
 */
const TOLD_LATE_MS = 300;
/** A pull may extend the deadline by this much at most, counted from the intent … */
const LONGEST_PULL_MS = 3_600_000;
/** … and a task may take this long to start once its image is there. */
const AFTER_PULL_MS = 2 * 60_000;
/** Tolerance between our clock and the managers' if only our clock says when an update was sent. */
const CLOCK_SLACK_MS = 5_000;

/** What distinguishes the tasks of an update from earlier ones. */
export const markOf = (intent: Intent): UpdateMark => ({
  intentVersion: intent.version,
  madeAfter: intent.newestTask ?? intent.at - CLOCK_SLACK_MS,
});

/** Judges an update that was sent, and decides what follows. */
export const judge = (deployment: SentDeployment, seen: Seen, facts: Facts): Move => {
  const { intent } = deployment;
  const { now } = facts;
  const deadlineAt = deployment.deadlineAt ?? now;
  const before = facts.watch ?? beginWatch(now, intent.at, deadlineAt);
  if (typeof seen === 'string' || 'problem' in seen) {
    if (before.pending !== null) return concluded(deployment, before.pending, facts);
    if (seen === 'removed') {
      const message = 'the service was removed while it was updated';
      return conclude(deployment, { reason: 'service-removed', message, task: null }, null, facts);
    }
    if (now >= Math.max(before.lateAt, before.begunAt) + GIVE_UP_MS) {
      return late(deployment, null, null, facts);
    }
    return followed(before, null, now);
  }
  const watch: Watch = { ...seenNow(before, now), chosen: before.chosen ?? facts.chosen };
  const isChoice = intent.phase === 'forward' && !facts.capabilities.setsDigest;
  const rollout: Rollout = {
    target: watch.chosen ?? intent.target,
    ...(isChoice ? { choice: { forceUpdate: intent.forceUpdate } } : {}),
    replaced: intent.phase === 'forward' ? deployment.from : deployment.to,
    settledSince: watch.settledSince,
    ...markOf(intent),
  };
  const status = asWentBack(follow(seen, rollout, now), intent, seen);
  if (watch.pending !== null) {
    // Anything else that has happened to the service by now is not the update's doing.
    const trouble = status.kind === 'under-way' ? status.trouble : null;
    if (trouble === null || !condemnsDigest(trouble.reason)) {
      return concluded(deployment, watch.pending, facts);
    }
    return { ...followed({ ...watch, pending: null }, null, now), afterMs: 0 };
  }
  if (status.kind !== 'under-way' && isEarning(status, seen, watch, facts)) {
    return followed(watch, null, now);
  }
  if (status.kind !== 'under-way') {
    const pending: Judged = { status, seen };
    if (!watch.wasConfirmed && isEnginesWord(pending)) {
      const waiting = { ...watch, wasConfirmed: true, pending };
      return { ...followed(waiting, null, now), afterMs: TOLD_LATE_MS };
    }
    if (watch.wasUnexplained || !isUnexplained(status)) {
      return concluded(deployment, pending, facts);
    }
    return { ...followed({ ...watch, wasUnexplained: true }, null, now), afterMs: 0 };
  }
  const preparing = preparingSince(seen, markOf(intent), now);
  const next: Watch = {
    ...watch,
    settledSince: status.settledSince,
    // Keep the first value: the clocks may be read differently later.
    preparingSince: preparing === null ? null : (watch.preparingSince ?? preparing),
    lateAt: preparing === null ? watch.lateAt : lateAfterPull(watch, seen, intent, now),
  };
  if (now >= next.lateAt && !isWatched(seen, next, now)) {
    return late(deployment, seen, status, facts);
  }
  const condemns = !next.isHeld && isToBlame(status, seen, intent);
  return { ...followed({ ...next, isHeld: next.isHeld || condemns }, status, now), condemns };
};

/**
 * The engine rolled back because tasks of the update failed, and then somebody changed something else in the service.
 * The engine's status is lost, and the service has the earlier image although nobody set it.
 */
const asWentBack = (
  status: RolloutStatus,
  intent: Intent,
  { service }: Observation,
): RolloutStatus => {
  if (status.kind !== 'failed' || status.reason !== 'changed-by-other') return status;
  const { task, progress } = status;
  const runs = specDigest(service);
  const isEngines =
    intent.phase === 'forward' &&
    service.updatePolicy?.failureAction === 'rollback' &&
    task !== null &&
    condemnsDigest(task.reason);
  return isEngines && runs === intent.over
    ? { kind: 'rolled-back', message: task.message, task, runs, progress }
    : status;
};

/**
 * When an update counts as late if a task is being prepared, which usually means that its image is pulled. The pull
 * extends the deadline, up to an hour after the intent. A deadline that the service itself names is absolute.
 */
const lateAfterPull = (
  { lateAt, begunAt }: Watch,
  { service }: Observation,
  intent: Intent,
  now: number,
): number => {
  if (ownTimeout(service) !== null) return lateAt;
  // An intent later than the start of following comes from before the clock was set back.
  const since = Math.min(intent.at, begunAt);
  return Math.max(lateAt, Math.min(now + AFTER_PULL_MS, since + LONGEST_PULL_MS));
};

type Followed = Extract<Move, { kind: 'follow'; condemns: boolean }>;

const followed = (watch: Watch, progress: Followed['progress'], now: number): Followed => ({
  kind: 'follow',
  watch,
  progress,
  afterMs: now - watch.begunAt < QUICK_FOR_MS ? QUICK_MS : SLOW_MS,
  condemns: false,
});

/** Whether the update counts as done because the engine, which has watched its tasks until now, says so. */
const isEnginesWord = ({ status, seen: { service, tasks } }: Judged): boolean =>
  status.kind === 'converged' &&
  status.desired > 0 &&
  service.update?.state === 'completed' &&
  tasks !== null;

/**
 * Service and tasks are read in parallel, so the tasks may be from just before the service stopped. The cause is among
 * the tasks that are read after the stop was seen.
 */
const isUnexplained = (status: RolloutStatus): boolean =>
  (status.kind === 'failed' && status.reason === 'update-paused') ||
  (status.kind === 'rolled-back' && status.task === null);

/** Whether the engine rolls back what was sent, and the image is to blame. */
const isToBlame = (
  { rollingBack, trouble }: Extract<RolloutStatus, { kind: 'under-way' }>,
  { service }: Observation,
  intent: Intent,
): boolean =>
  rollingBack &&
  trouble !== null &&
  condemnsDigest(trouble.reason) &&
  intent.phase === 'forward' &&
  service.image.ok &&
  service.image.image.digest !== intent.target;

const late = (
  deployment: SentDeployment,
  seen: Observation | null,
  status: RolloutStatus | null,
  facts: Facts,
): Move => {
  const trouble = status?.kind === 'under-way' ? status.trouble : null;
  const message = trouble?.message ?? 'the update did not end before its deadline';
  const failed: Failed = { reason: trouble?.reason ?? 'deadline', message, task: trouble };
  return conclude(deployment, failed, seen, facts);
};

const concluded = (deployment: SentDeployment, { status, seen }: Judged, facts: Facts): Move => {
  switch (status.kind) {
    case 'converged':
      return converged(deployment, status, seen, facts);
    case 'rolled-back':
      return rolledBack(deployment, status, seen, facts);
    case 'failed':
      return hasFailed(deployment, status, seen, facts);
    default:
      return status satisfies never;
  }
};

const converged = (
  { intent, cause, from }: SentDeployment,
  { running }: Extract<Judged['status'], { kind: 'converged' }>,
  on: Observation,
  { capabilities }: Facts,
): Move => {
  if (intent.failed !== null) {
    const { target, note } = intent;
    const detail = { takenBackTo: target, by: 'helper', ...(note === undefined ? {} : { note }) };
    return endFailed(on, intent.failed, detail, 'rolled-back');
  }
  // A cluster that looks up the digest itself may have pinned one platform of it.
  const digest = specDigest(on.service) ?? intent.target;
  const left = isRestore({ cause }, intent, capabilities) && from !== digest ? from : null;
  const isProven = digest !== null && running > 0;
  return { kind: 'end', end: { state: 'succeeded', digest, isProven, left }, on };
};

/** The engine rolled the update back. That is enough if it went to a good image; otherwise the helper reverts. */
const rolledBack = (
  deployment: SentDeployment,
  { task, message, runs }: Extract<Judged['status'], { kind: 'rolled-back' }>,
  seen: Observation,
  facts: Facts,
): Move => {
  const failed: Failed = { reason: task?.reason ?? 'engine-rollback', message, task };
  const { good, isYoung } = chooseGood(facts.known, seen, facts.now);
  const hasEarned = earns(runs, seen, facts)?.kind === 'good';
  if (good !== null && runs !== good && !hasEarned) {
    return conclude(deployment, failed, seen, facts);
  }
  const isGood = hasEarned || (good !== null && !isYoung);
  const detail = { rolledBackTo: runs, by: 'engine', proven: isGood };
  return endFailed(seen, failed, detail, 'rolled-back');
};

/**
 * The state of the image to which the engine rolled back, if it had not run long enough to count as good: the helper
 * watches it for the remaining time instead of replacing it at once. Null if it is known to be good or not.
 */
const earns = (runs: Digest | null, seen: Observation, { known, now }: Facts): Standing | null => {
  const back = known.find(({ digest }) => digest === runs);
  if (back === undefined || back.isHeld || back.goodAt !== null || back.why !== 'young')
    return null;
  return standingOf(seen, back.convergedAt, now);
};

const isEarning = (
  status: RolloutStatus,
  seen: Observation,
  { lateAt }: Watch,
  facts: Facts,
): boolean => {
  if (status.kind !== 'rolled-back' || facts.now >= lateAt) return false;
  // If nothing better is known, there is nothing to decide.
  const { good, isYoung } = chooseGood(facts.known, seen, facts.now);
  if (good === null || isYoung) return false;
  const standing = earns(status.runs, seen, facts);
  return standing?.kind === 'young' || standing?.kind === 'unsettled';
};

const hasFailed = (
  deployment: SentDeployment,
  status: Failed,
  seen: Observation,
  facts: Facts,
): Move => {
  const { reason, message, task } = status;
  const present = specDigest(seen.service);
  if (reason === 'left-by-person' && deployment.intent.failed === null) {
    return endFailed(seen, status, { rolledBackTo: present, by: 'person' }, 'rolled-back');
  }
  // The engine's rollback was paused. If it led to a good image, the helper has nothing better. If not, it led to an
  // update of ours that this one had replaced.
  const { good } = chooseGood(facts.known, seen, facts.now);
  if (reason !== 'rollback-paused' || good === null || present === good) {
    return conclude(deployment, status, seen, facts);
  }
  const why: Failed = { reason: task?.reason ?? 'engine-rollback', message, task };
  return conclude(deployment, why, seen, facts);
};
