import { isOfUpdate, type UpdateMark } from '../swarm/of-update.ts';
import type { Observation, Task } from '../swarm/service.ts';

/** One task of an update, as recorded in a deployment's steps. */
export type ToldTask = {
  readonly id: string;
  /** The node's name if known, otherwise its id. */
  readonly node: string | null;
  readonly slot: number | null;
  readonly state: string;
  readonly error: string | null;
  readonly digest: string | null;
};

/** Maximum number of tasks in one report, and over one rollout. Further tasks are not reported. */
const MOST_AT_ONCE = 50;
const MOST_IN_ALL = 500;
const LONGEST_ERROR = 300;

/**
 * Returns, for each observation of a rollout in turn, the tasks created by the update or later that are new or have
 * changed since they were last reported. Reported tasks are followed further when another update of the same rollout
 * begins, such as a revert.
 */
export const createTaskNews = (): ((
  seen: Observation,
  mark: UpdateMark,
) => readonly ToldTask[]) => {
  const told = new Map<string, string>();
  const nodeNames = new Map<string, string>();
  let left = MOST_IN_ALL;

  const show = (task: Task): ToldTask => ({
    id: task.id,
    node: task.nodeId === null ? null : (nodeNames.get(task.nodeId) ?? task.nodeId),
    slot: task.slot,
    state: task.state,
    error: task.error?.slice(0, LONGEST_ERROR) ?? null,
    digest: task.digest,
  });

  return ({ service, tasks, nodes }, mark) => {
    for (const { id, hostname } of nodes ?? []) nodeNames.set(id, hostname);
    const isNew = isOfUpdate(service, mark);
    const news = (tasks ?? [])
      .filter((task) => told.has(task.id) || isNew(task))
      .map(show)
      .filter((task) => told.get(task.id) !== JSON.stringify(task))
      .slice(0, Math.min(MOST_AT_ONCE, left));
    for (const task of news) told.set(task.id, JSON.stringify(task));
    left -= news.length;
    return news;
  };
};
