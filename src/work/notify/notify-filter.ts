import { matchesGlob } from '../../core/glob.ts';
import { HEALTH_NOTICE_STATES, type HealthNotice } from '../../core/health/health-notice.ts';
import { GATE_NOTICE_STATES, type GateNotice } from '../../core/policy/approvals/gate-notice.ts';
import type { Notice, NoticeChannel, NoticeFilter } from '../../core/contract/notice.ts';

/**
 * What a channel without `states` gets: services that changed or failed to change, their health, and images that
 * wait.
 */
const USUAL_STATES: NonNullable<NoticeFilter['states']> = [
  'succeeded',
  'failed',
  'rolled-back',
  ...HEALTH_NOTICE_STATES,
  ...GATE_NOTICE_STATES,
];

const matchesAny = (patterns: readonly string[] | null, text: string | null): boolean =>
  patterns === null || (text !== null && patterns.some((pattern) => matchesGlob(pattern, text)));

type AnyNotice = Notice | HealthNotice | GateNotice;

const isWanted = (filter: NoticeFilter, notice: AnyNotice): boolean =>
  (filter.states ?? USUAL_STATES).includes(notice.state) &&
  matchesAny(filter.clusters, notice.cluster) &&
  matchesAny(filter.stacks, notice.stack) &&
  matchesAny(filter.services, notice.service.name);

const withoutLog = (notice: Notice): Notice =>
  notice.failure === null ? notice : { ...notice, failure: { ...notice.failure, log: [] } };

/** The notices for a channel, in as many pieces as it needs. */
export const piecesFor = (
  channel: Pick<NoticeChannel, 'filter' | 'logs' | 'noticesPerMessage'>,
  notices: readonly Notice[],
): readonly (readonly Notice[])[] =>
  inPieces(channel, notices).map((piece) =>
    piece.map((notice) => (channel.logs ? notice : withoutLog(notice))),
  );

/** The notices that the channel wants, in pieces. */
export const inPieces = <T extends AnyNotice>(
  channel: Pick<NoticeChannel, 'filter' | 'noticesPerMessage'>,
  notices: readonly T[],
): readonly (readonly T[])[] => {
  const wanted = notices.filter((notice) => isWanted(channel.filter, notice));
  const pieces: T[][] = [];
  for (let at = 0; at < wanted.length; at += channel.noticesPerMessage) {
    pieces.push(wanted.slice(at, at + channel.noticesPerMessage));
  }
  return pieces;
};

/** Whether a channel gets messages about health. If so, services must be observed. */
export const wantsHealth = ({ filter }: Pick<NoticeChannel, 'filter'>): boolean =>
  HEALTH_NOTICE_STATES.some((state) => (filter.states ?? USUAL_STATES).includes(state));
