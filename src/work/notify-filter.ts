import { matchesGlob } from '../core/glob.ts';
import type { FinalState, Notice, NoticeChannel, NoticeFilter } from '../core/notice.ts';

/** What a channel is told of that does not say: services that changed, or should have. */
const USUAL_STATES: readonly FinalState[] = ['succeeded', 'failed', 'rolled-back'];

const matchesAny = (patterns: readonly string[] | null, text: string | null): boolean =>
  patterns === null || (text !== null && patterns.some((pattern) => matchesGlob(pattern, text)));

const isWanted = (filter: NoticeFilter, notice: Notice): boolean =>
  (filter.states ?? USUAL_STATES).includes(notice.state) &&
  matchesAny(filter.clusters, notice.cluster) &&
  matchesAny(filter.stacks, notice.stack) &&
  matchesAny(filter.services, notice.service.name);

const withoutLog = (notice: Notice): Notice =>
  notice.failure === null ? notice : { ...notice, failure: { ...notice.failure, log: [] } };

/** The notices that a channel is sent, in as many pieces as it needs. */
export const piecesFor = (
  channel: Pick<NoticeChannel, 'filter' | 'logs' | 'noticesPerMessage'>,
  notices: readonly Notice[],
): readonly (readonly Notice[])[] => {
  const wanted = notices
    .filter((notice) => isWanted(channel.filter, notice))
    .map((notice) => (channel.logs ? notice : withoutLog(notice)));
  const pieces: Notice[][] = [];
  for (let at = 0; at < wanted.length; at += channel.noticesPerMessage) {
    pieces.push(wanted.slice(at, at + channel.noticesPerMessage));
  }
  return pieces;
};
