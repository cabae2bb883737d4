import type { Node, Observation, Service, Task, TaskState } from './service.ts';

/** How far the newest execution of a job has come. */
export type JobProgress = {
  /** Places whose task has completed. */
  readonly done: number;
  readonly desired: number;
  /** Everything that the job is to do is done. */
  readonly isDone: boolean;
  /** A place failed and nothing is going to be tried there any more. */
  readonly isLost: boolean;
};

export const isJob = (service: Pick<Service, 'mode'>): boolean =>
  service.mode === 'replicated-job' || service.mode === 'global-job';

/**
 * The engine makes the task that takes a failed one's place in the same moment; what has none by then
 * has used its restarts up.
 */
const RESTART_GRACE_MS = 5_000;

const FAILED: ReadonlySet<TaskState> = new Set<TaskState>(['failed', 'rejected']);
const ENDED: ReadonlySet<TaskState> = new Set<TaskState>([
  ...FAILED,
  'shutdown',
  'remove',
  'orphaned',
]);

/**
 * Jobs are done when the tasks of their newest iteration have completed (docker/cli
 * `service/progress`); the tasks of the executions before stay in the list and mean nothing.
 *
 * @param isTarget whether a task runs what should run
 * @param now ms since the epoch, by our clock
 */
export const jobProgress = (
  { service, tasks, nodes, at }: Observation,
  isTarget: (task: Task) => boolean,
  now: number,
): JobProgress => {
  const newest = (tasks ?? []).reduce((most, task) => Math.max(most, task.jobIteration ?? 0), 0);
  const own = (tasks ?? []).filter(
    (task) =>
      (task.jobIteration ?? 0) === newest && isTarget(task) && !isGone(task, service, nodes),
  );
  const places = [...Map.groupBy(own, (task) => String(task.slot ?? task.nodeId)).values()];
  const done = places.filter((all) => all.some(({ state }) => state === 'complete')).length;
  const desired = service.mode === 'global-job' ? places.length : (service.replicas?.desired ?? 0);
  // A global job has no task at first, which is not the same as having none to do.
  const isBegun = service.mode !== 'global-job' || places.length > 0;
  return {
    done,
    desired,
    isDone: isBegun && done >= desired && done === places.length,
    isLost: places.some(
      (all) =>
        all.every(({ state }) => ENDED.has(state)) &&
        all.some(({ state }) => FAILED.has(state)) &&
        all.every(({ since }) => (at ?? now) - Date.parse(since) >= RESTART_GRACE_MS),
    ),
  };
};

/** Whether its node takes the task with it; what has completed there counts all the same. */
const isGone = (task: Task, service: Service, nodes: readonly Node[] | null): boolean => {
  if (task.state === 'complete') return false;
  const node = (nodes ?? []).find(({ id }) => id === task.nodeId);
  if (node === undefined) return false;
  return node.state === 'down' || (service.mode === 'global-job' && node.availability === 'drain');
};
