import type { Digest } from '../image/digest.ts';
import { isJob } from '../swarm/job-progress.ts';
import type { Service, Task } from '../swarm/service.ts';

/** A failed task, remembered even after the cluster has forgotten it. */
export type TaskFailed = {
  readonly taskId: string;
  /** ms since the epoch, by the cluster's clock. */
  readonly at: number;
  readonly digest: Digest | null;
  /** Whether it reached running; otherwise the engine may not have had the image. */
  readonly ran: boolean;
  readonly error: string;
};

/** How long failures are remembered. */
export const REMEMBERED_MS = 60 * 60_000;
const LONGEST_ERROR = 300;

/** Exit codes of a container that was told to stop, or was killed because it did not. */
const STOPPED: ReadonlySet<number | null> = new Set([137, 143]);

/**
 * Tasks that an update stopped may end with an error, which is no failure. The managers may write the record of a task
 * again, so its time alone does not show whether it ended before the update began.
 */
const wasStopped = (task: Task, { update }: Pick<Service, 'update'>): boolean => {
  if (task.desired === 'remove') return true;
  const begun = Date.parse(update?.startedAt ?? '');
  return (
    STOPPED.has(task.exitCode) &&
    Date.parse(task.createdAt) < begun &&
    Date.parse(task.since) >= begun
  );
};

/** Another task replaced it after it had ended, although it should have kept running. */
const wasReplaced = (task: Task, tasks: readonly Task[]): boolean =>
  tasks.some(
    (other) =>
      other.slot === task.slot &&
      (task.slot !== null || other.nodeId === task.nodeId) &&
      other.digest === task.digest &&
      Date.parse(other.createdAt) > Date.parse(task.createdAt),
  );

/**
 * The failed tasks of a service. A task that ended without an error counts if the engine restarts it: it was not
 * supposed to end.
 */
export const failuresAmong = (
  service: Pick<Service, 'mode' | 'update'>,
  tasks: readonly Task[],
): readonly TaskFailed[] =>
  tasks
    .filter((task) => {
      if (wasStopped(task, service)) return false;
      if (task.state === 'failed' || task.state === 'rejected') return true;
      return task.state === 'complete' && !isJob(service) && wasReplaced(task, tasks);
    })
    .map((task) => ({
      taskId: task.id,
      at: Date.parse(task.since),
      digest: task.digest,
      ran: task.state !== 'rejected',
      error: (task.error ?? 'a task exited unexpectedly').slice(0, LONGEST_ERROR),
    }));

/**
 * Merges the remembered failures with the present ones, oldest first, each task once, without those that are too old.
 */
export const remember = (
  before: readonly TaskFailed[],
  seen: readonly TaskFailed[],
  now: number,
): readonly TaskFailed[] => {
  const all = new Map([...before, ...seen].map((one) => [one.taskId, one]));
  return [...all.values()]
    .filter(({ at }) => at > now - REMEMBERED_MS)
    .toSorted((a, b) => a.at - b.at);
};
