import type { Unannounced } from '../store/notifications.ts';

export type GroupTiming = {
  /** A group that is not complete is announced when nothing more of it has ended for so long. */
  readonly quietMs: number;
  /** And never later than this after the first of it ended. */
  readonly longestMs: number;
};

export type Group = { readonly name: string; readonly deployments: readonly string[] };

/**
 * The groups of ended deployments that are to be announced now: what one push, run or person led to
 * is told in one piece, unless some of it takes so long that the rest would be stale.
 */
export const readyGroups = (
  pending: readonly Unannounced[],
  timing: GroupTiming,
  now: number,
): readonly Group[] =>
  [...Map.groupBy(pending, ({ group }) => group)].flatMap(([name, members]) => {
    const ends = members.map(({ endedAt }) => endedAt);
    const isComplete = !members.some(({ isGroupOpen }) => isGroupOpen);
    const isQuiet = now - Math.max(...ends) >= timing.quietMs;
    const isOld = now - Math.min(...ends) >= timing.longestMs;
    // A clock that was put back must not hold a group for ever.
    const isAhead = Math.max(...ends) > now;
    return isComplete || isQuiet || isOld || isAhead
      ? [{ name, deployments: members.map(({ deployment }) => deployment) }]
      : [];
  });
