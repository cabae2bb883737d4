import type { LaneBar, LaneFreeze, LanePush } from '../../../src/core/contract/overview.ts';
import { endWords } from '../../../src/core/story/words.ts';
import { printDuration } from '../words/age.ts';
import { printClock } from '../words/clock-time.ts';
import { visibleText } from '../words/visible-text.ts';

const clock = (at: string, now: number): string => printClock(Date.parse(at), now);

/** From when to when a deployment's bar reaches, ms since the epoch: an open one reaches until now. */
export const spanOf = ({ queuedAt, startedAt, endedAt }: LaneBar, now: number) => ({
  since: Date.parse(startedAt ?? queuedAt),
  until: endedAt === null ? now : Date.parse(endedAt),
});

/** A deployment in one line: `web: rolled-back, v1 → v2, 03:12, took 30 s (a new task exited unexpectedly)`. */
export const barWords = (name: string, bar: LaneBar, now: number): string => {
  const { state, reason, fromTag, toTag, endedAt } = bar;
  const { since, until } = spanOf(bar, now);
  const took = printDuration(Math.max(0, until - since));
  const parts = [
    state,
    fromTag === toTag ? toTag : `${fromTag} → ${toTag}`,
    printClock(since, now),
    endedAt === null ? `for ${took}` : `took ${took}`,
  ];
  const why = reason === null ? '' : ` (${endWords(reason)})`;
  return visibleText(`${name}: ${parts.join(', ')}${why}`);
};

export const pushWords = (name: string, { tag, at }: LanePush, now: number): string =>
  visibleText(`${name}: push of ${tag}, ${clock(at, now)}`);

export const freezeWords = (
  name: string,
  { since, until, reason }: LaneFreeze,
  now: number,
): string => {
  const end = until === null ? 'until somebody lifts it' : `until ${clock(until, now)}`;
  return visibleText(`${name}: frozen from ${clock(since, now)} ${end}: ${reason}`);
};
