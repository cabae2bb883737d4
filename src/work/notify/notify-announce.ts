import type { NoticeChannel } from '../../core/contract/notice.ts';
import type { Log } from '../../core/log.ts';
import {
  announce,
  giveUpExcess,
  type NewMessage,
  readUnannounced,
} from '../../store/notices/notifications.ts';
import type { Db } from '../../store/sqlite/open-store.ts';
import { readNotices } from '../../store/notices/read-notices.ts';
import type { Clock } from '../loop/clock.ts';
import { piecesFor } from './notify-filter.ts';
import { type Group, type GroupTiming, groupsToTell } from './notify-groups.ts';

export type AnnounceDeps = {
  readonly channels: readonly NoticeChannel[];
  readonly db: Db;
  readonly clock: Pick<Clock, 'now'>;
  /** Ids that sort by time. */
  readonly newId: () => string;
  readonly log: Log;
  readonly timing: GroupTiming & {
    /** A message that could not be sent for this long is given up. */
    readonly giveUpMs: number;
  };
};

/** Ended deployments read at one time; the rest follow in the next round. */
const AT_ONCE = 500;
/** Messages that may wait for one channel. If its receiver is down for long, the oldest are dropped first. */
const MOST_WAITING = 1_000;

const LONGEST_SLEEP_MS = 60_000;

export type Announced = {
  /** Messages that were created. */
  readonly messages: number;
  /** In how many ms more is to be announced, if no deployment ends until then. */
  readonly restMs: number;
};

/** Turns ended deployments into messages, for each channel that wants them. */
export const announceEnded = async (deps: AnnounceDeps): Promise<Announced> => {
  const now = deps.clock.now();
  const pending = await readUnannounced(deps.db, now, AT_ONCE);
  let messages = 0;
  let restMs = LONGEST_SLEEP_MS;
  for (const group of groupsToTell(pending, deps.timing, now)) {
    if (group.inMs === 0) messages += await tell(deps, group, now);
    else restMs = Math.min(restMs, group.inMs);
  }
  const isMore = messages > 0 && pending.length === AT_ONCE;
  return { messages, restMs: isMore ? 0 : restMs };
};

const tell = async (deps: AnnounceDeps, group: Group, now: number): Promise<number> => {
  const read = await readNotices(deps.db, group.deployments);
  const news = read.filter(({ isRepetition }) => !isRepetition).map(({ notice }) => notice);
  const messages = deps.channels.flatMap((channel) =>
    piecesFor(channel, news).map(
      (notices): NewMessage => ({
        channel: channel.name,
        message: { kind: 'deployments', id: deps.newId(), group: group.name, notices },
        giveUpAt: now + deps.timing.giveUpMs,
      }),
    ),
  );
  await announce(deps.db, group.deployments, messages, now);
  for (const channel of new Set(messages.map((message) => message.channel))) {
    const lost = await giveUpExcess(deps.db, channel, MOST_WAITING, now);
    if (lost > 0) deps.log.error('notifications dropped: too many are waiting', { channel, lost });
  }
  return messages.length;
};
