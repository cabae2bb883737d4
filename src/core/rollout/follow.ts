import type { Digest } from '../image/digest.ts';
import { isJob, type JobProgress, jobProgress } from '../swarm/job-progress.ts';
import { isOfUpdate, type UpdateMark } from '../swarm/of-update.ts';
import { condemnsDigest, type FailureReason } from './failure-reason.ts';
import { type TaskFailure, troubleOf } from './task-trouble.ts';
import type { Node, Observation, Service, Task } from '../swarm/service.ts';
import { specDigest, TASK_STATES, type TaskState } from '../swarm/service.ts';

/** Why an update failed, in one word and in one line, with the task that shows it, if any. */
export type Failed = {
  readonly reason: FailureReason;
  readonly message: string;
  readonly task: TaskFailure | null;
};

export type Rollout = UpdateMark & {
  /** What should run; null if the cluster chose the digest and does not report it. */
  readonly target: Digest | null;
  /** What the update replaced, if known. */
  readonly replaced: Digest | null;
  /** Set if the cluster looks up the digest itself. It deploys the tag alone if it finds none. */
  readonly choice?: {
    /** `ForceUpdate` of the service before. Such a cluster increases it by one with the redeploy. */
    readonly forceUpdate: number;
  };
  /** Since when every observation has shown every task in place, ms; null if the last one did not. */
  readonly settledSince: number | null;
};

export type Progress = {
  readonly running: number;
  readonly desired: number;
  readonly settledSince: number | null;
  /** The engine is rolling the update back. */
  readonly rollingBack: boolean;
  readonly trouble: TaskFailure | null;
};

export type RolloutStatus =
  | ({ readonly kind: 'under-way' } & Progress)
  | { readonly kind: 'converged'; readonly running: number; readonly desired: number }
  | ({ readonly kind: 'failed'; readonly progress: Progress } & Failed)
  /** The engine went back to what it had before: a failure, with what runs now. */
  | {
      readonly kind: 'rolled-back';
      readonly message: string;
      readonly task: TaskFailure | null;
      readonly runs: Digest | null;
      readonly progress: Progress;
    };

/**
 * Judges an update that was sent. Based on the rules of the Docker command line (docker/cli `service/progress`), with
 * three differences: the digests that tasks run decide, not the spec; a rollback is a failure; and if there is no task
 * to run, the update ends instead of waiting.
 *
 * @param now ms since the epoch, by our clock
 */
export const follow = (seen: Observation, rollout: Rollout, now: number): RolloutStatus => {
  const { service } = seen;
  const progress = progressOf(seen, rollout, now);
  const task = progress.trouble;
  const state = service.update?.state ?? null;
  const message = service.update?.message ?? '';

  // A manager that lags still shows the service from before the update.
  if (service.version <= rollout.intentVersion) {
    return { kind: 'under-way', ...progress, settledSince: null };
  }
  // The engine rolled back to our update, so somebody else's later update failed.
  const isOthers =
    rollout.target !== null &&
    rollout.target !== rollout.replaced &&
    rollout.target === specDigest(service);
  if (service.update?.rolledBackBy === 'person' && !isOthers) {
    const asked = 'a person rolled the service back in the engine';
    return { kind: 'failed', reason: 'left-by-person', message: asked, task, progress };
  }
  if (state === 'rollback_started') return { kind: 'under-way', ...progress, rollingBack: true };
  if (state === 'rollback_completed' && !isOthers) {
    return {
      kind: 'rolled-back',
      message: task?.message ?? message,
      task,
      runs: specDigest(service),
      progress,
    };
  }
  if (state === 'rollback_paused') {
    // The cause of the paused rollback is usually the cause of the rollback itself.
    const words = task?.message ?? troubleOf(seen, () => true, rollout)?.message ?? message;
    return { kind: 'failed', reason: 'rollback-paused', message: words, task, progress };
  }
  const found = specDigest(service);
  if (rollout.target !== null && found !== rollout.target && service.image.ok) {
    const { choice } = rollout;
    if (found !== null && choice !== undefined && service.forceUpdate === choice.forceUpdate + 1) {
      const other = `the cluster resolved the tag itself and deployed ${found} instead of ${rollout.target}`;
      return { kind: 'failed', reason: 'other-digest', message: other, task, progress };
    }
    // If the cluster left the spec unpinned, nothing contradicts the target.
    if (found !== null || choice === undefined) {
      const changed = 'the service got another image in the meantime';
      return { kind: 'failed', reason: 'changed-by-other', message: changed, task, progress };
    }
  }
  if (state === 'paused') {
    const reason = task?.reason ?? 'update-paused';
    return { kind: 'failed', reason, message: task?.message ?? message, task, progress };
  }
  // With `FailureAction: continue` the engine calls an update completed while tasks keep failing.
  if (
    state === 'completed' &&
    task !== null &&
    progress.settledSince === null &&
    task.times >= TRIES
  ) {
    return { kind: 'failed', reason: task.reason, message: task.message, task, progress };
  }
  if (task !== null && isJob(service) && jobOf(seen, rollout, now).isLost) {
    return { kind: 'failed', reason: task.reason, message: task.message, task, progress };
  }
  if (state === 'updating' || progress.settledSince === null) {
    return { kind: 'under-way', ...progress };
  }
  return now - progress.settledSince >= watchFor(service, task) || progress.desired === 0
    ? { kind: 'converged', running: progress.running, desired: progress.desired }
    : { kind: 'under-way', ...progress };
};

/** How long every task must have been seen in place, ms. */
const watchFor = (service: Service, trouble: TaskFailure | null): number => {
  const told = service.updatePolicy?.monitorMs ?? null;
  // `completed` means that the engine has already watched the last task for the monitor period.
  if (trouble === null && told !== null && service.update?.state === 'completed') return 0;
  const monitorMs = told ?? MONITOR_DEFAULT_MS;
  const mayEndAgain = trouble !== null && condemnsDigest(trouble.reason) && !isJob(service);
  return mayEndAgain ? AFTER_A_FAILURE * monitorMs : monitorMs;
};

/**
 * After a failed task, the others are watched for this many monitor periods. With one, a task that ends after about one
 * monitor period would be taken for healthy about half of the time.
 */
export const AFTER_A_FAILURE = 2;

/** After this many failed tasks, the helper does not wait for another restart. */
const TRIES = 3;

/** The engine's value if an update policy names no monitor period. */
export const MONITOR_DEFAULT_MS = 5_000;

const progressOf = (seen: Observation, rollout: Rollout, now: number): Progress => {
  const desiredCount = seen.service.replicas?.desired ?? 0;
  const settle = (settled: boolean): number | null =>
    settled ? (rollout.settledSince ?? now) : null;
  if (seen.tasks === null) {
    const running = seen.service.replicas?.running ?? 0;
    const settled = running >= desiredCount;
    const rest = { rollingBack: false, trouble: null };
    return { running, desired: desiredCount, settledSince: settle(settled), ...rest };
  }
  const isTarget = targetOf(seen, rollout);
  const trouble = troubleOf(seen, isTarget, rollout);
  if (isJob(seen.service)) {
    const { done, desired, isDone } = jobOf(seen, rollout, now);
    return { running: done, desired, settledSince: settle(isDone), rollingBack: false, trouble };
  }
  const wanted = seen.tasks.filter((task) => isAtMost(task.desired, 'running'));
  const places = placesOf(wanted, seen.service, seen.nodes);
  const isUp = (tasks: readonly Task[]): boolean =>
    tasks.some((task) => task.state === 'running' && isTarget(task)) && tasks.every(isTarget);
  const running = [...places.values()].filter(isUp).length;
  const desired = seen.service.mode === 'global' ? places.size : desiredCount;
  return {
    running,
    desired,
    settledSince: settle(running === desired && places.size === desired),
    rollingBack: false,
    trouble,
  };
};

/** Recognises a task that runs what should run. */
const targetOf = (seen: Observation, rollout: Rollout): ((task: Task) => boolean) => {
  const spec = specDigest(seen.service);
  const target = rollout.target ?? spec;
  const mayBeUnpinned = rollout.choice !== undefined && spec === null;
  const isOwn = isOfUpdate(seen.service, rollout);
  return (task) =>
    target === null ||
    task.digest === target ||
    (mayBeUnpinned && task.digest === null && isOwn(task));
};

const jobOf = (seen: Observation, rollout: Rollout, now: number): JobProgress => {
  const isTarget = targetOf(seen, rollout);
  const isOwn = isOfUpdate(seen.service, rollout);
  // Without an iteration, only its time distinguishes a task from those of earlier executions.
  const isCounted = (task: Task): boolean =>
    isTarget(task) && (task.jobIteration !== null || isOwn(task));
  return jobProgress(seen, isCounted, now);
};

const isAtMost = (state: TaskState, limit: TaskState): boolean =>
  TASK_STATES.indexOf(state) <= TASK_STATES.indexOf(limit);

/** The wanted tasks by place: a slot, or for a global service a node that accepts tasks. */
const placesOf = (
  tasks: readonly Task[],
  service: Service,
  nodes: readonly Node[] | null,
): ReadonlyMap<string, readonly Task[]> => {
  const lost = new Set(
    (nodes ?? [])
      .filter(
        (node) =>
          node.state === 'down' || (service.mode === 'global' && node.availability === 'drain'),
      )
      .map((node) => node.id),
  );
  const onLiveNodes = tasks.filter((task) => task.nodeId === null || !lost.has(task.nodeId));
  return Map.groupBy(onLiveNodes, (task) => String(task.slot ?? task.nodeId));
};
