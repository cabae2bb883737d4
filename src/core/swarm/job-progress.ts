import type { Node, Observation, Service, Task, TaskState } from './service.ts';

/** Progress of the newest execution of a job. */
export type JobProgress = {
  /** Places whose task has completed. */
  readonly done: number;
  readonly desired: number;
  /** The whole job is done. */
  readonly isDone: boolean;
  /** A place failed and will not be retried. */
  readonly isLost: boolean;
};

export const isJob = (service: Pick<Service, 'mode'>): boolean =>
  service.mode === 'replicated-job' || service.mode === 'global-job';

/**
 * The engine creates the replacement of a failed task at the same moment. A place without one after this time has used
 * up its restarts.
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
 * A job is done when the tasks of its newest iteration have completed (docker/cli `service/progress`). Tasks of earlier
 * executions stay in the list and mean nothing.
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
  const places = placesOf(own, service);
  const done = places.filter((all) => all.some(({ state }) => state === 'complete')).length;
  // For a global job the nodes decide the number, and some clusters do not report it for other jobs.
  const told = service.mode === 'global-job' ? null : service.replicas;
  const desired = told?.desired ?? places.length;
  // Without a count there is no task at first. That does not mean that there is nothing to do.
  const isBegun = told !== null || places.length > 0;
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

/**
 * The tasks by the place that they were created for: a slot, or the node of a global job. If no slot is reported, a
 * task that was created when another failed has replaced it.
 */
const placesOf = (tasks: readonly Task[], { mode }: Service): readonly (readonly Task[])[] => {
  if (mode === 'global-job' || tasks.every(({ slot }) => slot !== null)) {
    return [...Map.groupBy(tasks, (task) => String(task.slot ?? task.nodeId)).values()];
  }
  const places: Task[][] = [];
  for (const task of tasks.toSorted((a, b) => madeAt(a) - madeAt(b))) {
    const left = places.find((place) => isReplacedBy(place.at(-1), task));
    if (left === undefined) places.push([task]);
    else left.push(task);
  }
  return places;
};

/** The engine creates it at the same moment. The two times may differ by the time that writing takes. */
const SAME_MOMENT_MS = 500;

const madeAt = ({ createdAt }: Task): number => Date.parse(createdAt);

const isReplacedBy = (before: Task | undefined, task: Task): boolean =>
  before !== undefined &&
  ENDED.has(before.state) &&
  madeAt(task) > madeAt(before) &&
  madeAt(task) >= Date.parse(before.since) - SAME_MOMENT_MS;

/** Whether its node takes the task with it. A task that has completed there still counts. */
const isGone = (task: Task, service: Service, nodes: readonly Node[] | null): boolean => {
  if (task.state === 'complete') return false;
  const node = (nodes ?? []).find(({ id }) => id === task.nodeId);
  if (node === undefined) return false;
  return node.state === 'down' || (service.mode === 'global-job' && node.availability === 'drain');
};
