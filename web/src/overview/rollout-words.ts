import type { RolloutView } from '../../../src/core/contract/overview.ts';

/** How far a rollout is: how many tasks run the image, and what happens to the others. */
export const rolloutWords = ({
  state,
  running,
  desired,
  starting,
  pullingSince,
  isGoingBack,
}: Pick<
  RolloutView,
  'state' | 'running' | 'desired' | 'starting' | 'pullingSince' | 'isGoingBack'
>): string => {
  if (state === 'queued') return 'waits for its turn';
  if (running === null || desired === null) return 'the update is being sent';
  const done = `${running} of ${desired} ${desired === 1 ? 'task' : 'tasks'}`;
  const said = isGoingBack ? `going back: ${done} ready` : `${done} done`;
  if (running >= desired) return `${said}; watching whether they stay up`;
  if (starting > 0) {
    // That it pulls is said with its time.
    return pullingSince === null ? `${said}; ${starting} starting` : said;
  }
  return pullingSince === null ? `${said}; waiting between tasks` : said;
};
