import type { Service, Task } from './service.ts';

/**
 * What tells the tasks of an update that was sent from those before it. By the cluster's own clock, which
 * may differ from ours by any time.
 */
export type UpdateMark = {
  /** The service's version that the update replaced. */
  readonly intentVersion: number;
  /** Tasks made then or earlier were there before, ms since the epoch. */
  readonly madeAfter: number;
};

/** When the newest of the tasks was made, ms since the epoch; 0 for none. */
export const newestTask = (tasks: readonly Task[]): number =>
  tasks.reduce((newest, { createdAt }) => Math.max(newest, Date.parse(createdAt)), 0);

/**
 * Tells a task that an update made, or that was made since. Either of two signs will do: it is newer than
 * each that was there before, or than the beginning of the update as the engine gives it. The first fails
 * where the clock was set back or another manager took over, and the second is not given for jobs, nor
 * where no task had to be replaced.
 */
export const isOfUpdate = (
  { version, update }: Pick<Service, 'version' | 'update'>,
  { intentVersion, madeAfter }: UpdateMark,
): ((task: Task) => boolean) => {
  // Before, it is the beginning of another update.
  const begun = version > intentVersion ? (update?.startedAt ?? null) : null;
  const since = begun === null ? Number.POSITIVE_INFINITY : Date.parse(begun);
  return ({ createdAt }) => {
    const at = Date.parse(createdAt);
    return at > madeAfter || at >= since;
  };
};
