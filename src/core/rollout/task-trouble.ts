import { isJob } from '../swarm/job-progress.ts';
import { isOfUpdate, type UpdateMark } from '../swarm/of-update.ts';
import type { Node, Observation, Task } from '../swarm/service.ts';
import { condemnsDigest, type FailureReason } from './failure-reason.ts';

/** The task that best shows why a rollout fails. */
export type TaskFailure = {
  readonly reason: Extract<
    FailureReason,
    | 'task-failed'
    | 'unhealthy'
    | 'image-unavailable'
    | 'not-started'
    | 'node-away'
    | 'no-fitting-node'
  >;
  readonly message: string;
  readonly taskId: string;
  readonly nodeId: string | null;
  readonly exitCode: number | null;
  /** How many of the update's tasks have failed so far. */
  readonly times: number;
};

/**
 * The exit code that an engine sets if it could not start the container: a mount, a log or volume driver, a network.
 * Containers themselves hardly ever exit with it.
 */
const COULD_NOT_START = 128;

/**
 * The sign of trouble among the target's tasks that the update created; it did not cause older failures. A failure that
 * speaks against the image comes before any other, otherwise the newest is shown. Task states decide, because texts of
 * the engine differ between versions; texts only name what is shown.
 */
export const troubleOf = (
  { service, tasks, nodes }: Observation,
  isTarget: (task: Task) => boolean,
  mark: UpdateMark,
): TaskFailure | null => {
  const isOwn = isOfUpdate(service, mark);
  // Nobody asked it to end. If the engine accepts that, the service's tasks may be meant to finish.
  const mayFinish = isJob(service) || !HAS_STOPPED.has(service.update?.state);
  const isFailure = ({ state }: Task): boolean =>
    state === 'failed' || state === 'rejected' || (state === 'complete' && !mayFinish);
  const newestFirst = (tasks ?? [])
    .filter((task) => isTarget(task) && isOwn(task))
    .toSorted((a, b) => Date.parse(b.since) - Date.parse(a.since));
  const failures = newestFirst
    .filter(isFailure)
    .map((task) => ({ task, reason: reasonOf(task, nodes) }));
  const stuck = newestFirst.find(({ state, error }) => state === 'pending' && error !== null);
  const shown =
    failures.find(({ reason }) => condemnsDigest(reason)) ??
    failures[0] ??
    (stuck === undefined ? undefined : { task: stuck, reason: 'no-fitting-node' as const });
  if (shown === undefined) return null;
  const { task, reason } = shown;
  return {
    reason,
    message:
      task.error ?? (task.state === 'complete' ? 'a new task exited unexpectedly' : task.state),
    taskId: task.id,
    nodeId: task.nodeId,
    exitCode: task.exitCode,
    times: failures.length,
  };
};

/** The engine has stopped an update because of a task, or has rolled it back. */
const HAS_STOPPED: ReadonlySet<unknown> = new Set([
  'paused',
  'rollback_started',
  'rollback_paused',
  'rollback_completed',
]);

/** First words of the engine's errors for a container that it refuses to create; only used to name the reason. */
const NOT_CREATED = /^(?:invalid|the working directory)\b/i;
const UNHEALTHY = /unhealthy/i;

const reasonOf = (task: Task, nodes: readonly Node[] | null): TaskFailure['reason'] => {
  const message = task.error ?? '';
  // It never started: whatever the engine says, the image has not run.
  if (task.state === 'rejected') {
    return NOT_CREATED.test(message) ? 'not-started' : 'image-unavailable';
  }
  if (wasAway(task, nodes)) return 'node-away';
  if (task.exitCode === COULD_NOT_START) return 'not-started';
  return UNHEALTHY.test(message) ? 'unhealthy' : 'task-failed';
};

/**
 * Whether something happened to the task's node since the task was created. Managers write a node's record when its
 * agent connects again, as after a restart of its engine, and when the node is drained or goes down.
 */
const wasAway = ({ nodeId, createdAt }: Task, nodes: readonly Node[] | null): boolean => {
  const node = nodes?.find(({ id }) => id === nodeId);
  if (node === undefined) return false;
  if (node.state !== 'ready' || node.availability === 'drain') return true;
  return node.changedAt !== null && Date.parse(node.changedAt) > Date.parse(createdAt);
};
