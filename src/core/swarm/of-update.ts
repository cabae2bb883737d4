import type { Service, Task } from './service.ts';

/**
 * What distinguishes the tasks of an update from earlier ones. By the cluster's own clock, which may differ from ours
 * by any amount.
 */
export type UpdateMark = {
  /** The service's version that the update replaced. */
  readonly intentVersion: number;
  /** Tasks created then or earlier existed before the update, ms since the epoch. */
  readonly madeAfter: number;
};

/** When the newest of the tasks was created, ms since the epoch; 0 if there is none. */
export const newestTask = (tasks: readonly Task[]): number =>
  tasks.reduce((newest, { createdAt }) => Math.max(newest, Date.parse(createdAt)), 0);

/**
 * Recognises a task that an update created, or that was created later. Either of two signs is enough: it is newer than
 * all tasks that existed before, or newer than the start of the update as reported by the engine. The first sign fails
 * if the clock was set back or another manager took over. The second is missing for jobs, and if no task had to be
 * replaced.
 */
export const isOfUpdate = (
  { version, update }: Pick<Service, 'version' | 'update'>,
  { intentVersion, madeAfter }: UpdateMark,
): ((task: Task) => boolean) => {
  // An earlier version shows the start of another update.
  const begun = version > intentVersion ? (update?.startedAt ?? null) : null;
  const since = begun === null ? Number.POSITIVE_INFINITY : Date.parse(begun);
  return ({ createdAt }) => {
    const at = Date.parse(createdAt);
    return at > madeAfter || at >= since;
  };
};
