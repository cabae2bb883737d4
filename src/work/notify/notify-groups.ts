import type { Unannounced } from '../../store/notices/notifications.ts';

export type GroupTiming = {
  /** An incomplete group is announced after this long without another ended deployment. */
  readonly quietMs: number;
  /** It is announced at the latest this long after its first deployment ended. */
  readonly longestMs: number;
};

export type Group = { readonly name: string; readonly deployments: readonly string[] };

/**
 * The groups of ended deployments, and in how many ms to announce each (0: now). All deployments of one push, run or
 * person are announced together, unless some of them take so long that the rest would be old news.
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
    // A clock that was set back must not hold back a group forever.
    const isAhead = last > now;
    const dueAt = Math.min(last + timing.quietMs, first + timing.longestMs);
    return {
      name,
      deployments: members.map(({ deployment }) => deployment),
      inMs: isComplete || isAhead ? 0 : Math.max(dueAt - now, 0),
    };
  });
