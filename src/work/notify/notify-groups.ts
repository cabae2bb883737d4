import type { Unannounced } from '../../store/notices/notifications.ts';

export type GroupTiming = {
  /** A group that is not complete is announced when nothing more of it has ended for so long. */
  readonly quietMs: number;
  /** And never later than this after the first of it ended. */
  readonly longestMs: number;
};

export type Group = { readonly name: string; readonly deployments: readonly string[] };

/**
 * The groups of ended deployments, and in how many ms each is to be announced (0: now). What one push, run or
 * person led to is told in one piece, unless some of it takes so long that the rest would be stale.
 */
export const groupsToTell = (
  pending: readonly Unannounced[],
  timing: GroupTiming,
  now: number,
): readonly (Group & { readonly inMs: number })[] =>
  [...Map.groupBy(pending, ({ group }) => group)].map(([name, members]) => {
    const ends = members.map(({ endedAt }) => endedAt);
    const first = Math.min(...ends);
    const last = Math.max(...ends);
    const isComplete = !members.some(({ isGroupOpen }) => isGroupOpen);
    // A clock that was set back must not hold a group for ever.
    const isAhead = last > now;
    const dueAt = Math.min(last + timing.quietMs, first + timing.longestMs);
    return {
      name,
      deployments: members.map(({ deployment }) => deployment),
      inMs: isComplete || isAhead ? 0 : Math.max(dueAt - now, 0),
    };
  });
