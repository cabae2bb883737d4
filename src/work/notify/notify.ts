import type { Backoff } from '../../core/backoff.ts';
import type { Log } from '../../core/log.ts';
import type { Message, NoticeChannel } from '../../core/contract/notice.ts';
import type { Changes } from '../../store/query/changes.ts';
import {
  forgetUnannounced,
  giveUpOthers,
  pruneMessages,
} from '../../store/notices/notifications.ts';
import type { Db } from '../../store/sqlite/open-store.ts';
import { type Hold, holdAll } from '../leases/lease.ts';
import { createBell } from '../loop/bell.ts';
import type { Clock } from '../loop/clock.ts';
import { keepTrying } from '../loop/keep-trying.ts';
import { type Loop, runLoop } from '../loop/run-loop.ts';
import { announceEnded } from './notify-announce.ts';
import { runChannel } from './notify-channel.ts';
import type { GroupTiming } from './notify-groups.ts';

export type NotifyTiming = GroupTiming & {
  /** Least time between two queries for ended deployments while the store is being written to. */
  readonly everyMs: number;
  readonly backoff: Backoff;
  /** A message that could not be sent for this long is given up. */
  readonly giveUpMs: number;
};

export type NotifierDeps = {
  readonly channels: readonly NoticeChannel[];
  readonly db: Db;
  /** Registers a function to call after each write to the store. */
  readonly onChange: Changes['onChange'];
  readonly clock: Clock;
  /** Ids that sort by time. */
  readonly newId: () => string;
  /** 0 to 1. */
  readonly random: () => number;
  readonly log: Log;
  /** How long messages are kept after they were sent or given up. */
  readonly keepMs: number;
  /** Receives a function to call when another instance has left messages to send. */
  readonly onLeft?: (ring: () => void) => void;
  /** Adds what a message gets only when it is sent. Default: nothing. */
  readonly prepare?: (channel: NoticeChannel, message: Message) => Promise<Message>;
  /** Only tests set this. */
  readonly timing?: NotifyTiming;
  /** Default: this process does all the work. */
  readonly hold?: Hold;
  /** Channels that another instance sends to. */
  readonly othersChannels?: (db: Db) => Promise<readonly string[]>;
};

const TIMING: NotifyTiming = {
  everyMs: 1_000,
  quietMs: 10_000,
  longestMs: 60_000,
  backoff: { firstMs: 5_000, longestMs: 15 * 60_000 },
  // After a day the news no longer helps anyone.
  giveUpMs: 24 * 3_600_000,
};

const asItIs: NonNullable<NotifierDeps['prepare']> = async (_channel, message) => message;

const PRUNE_EVERY_MS = 3_600_000;
/** Without channels, the news of ended deployments is deleted this often. */
const FORGET_EVERY_MS = 60_000;

/**
 * Tells the channels which deployments have ended, until the signal is aborted. Channels are independent, and each
 * gets every message at least once. What has not been announced yet is in the store, where the next start finds it.
 */
export const keepNotifying = async (deps: NotifierDeps, signal: AbortSignal): Promise<void> => {
  const { channels, clock, prepare = asItIs } = deps;
  const timing = deps.timing ?? TIMING;
  const hold = deps.hold ?? holdAll(deps.db, signal);
  const senders = channels.map((channel) => ({ channel, bell: createBell(clock) }));
  const ring = (): void => {
    for (const { bell } of senders) bell.ring();
  };
  deps.onLeft?.(ring);
  await Promise.all([
    hold('notices', (db, held) => keepAnnouncing({ ...deps, db, timing, ring }, held)),
    ...senders.map((sender) =>
      hold(`channel:${sender.channel.name}`, (db, held) =>
        runChannel({ ...deps, db, prepare, ...sender, backoff: timing.backoff }, held),
      ),
    ),
  ]);
};

type AnnouncerDeps = NotifierDeps & {
  readonly timing: NotifyTiming;
  /** Called when messages wait for their channels. */
  readonly ring: () => void;
};

/** Turns ended deployments into messages, and deletes old messages. */
const keepAnnouncing = async (deps: AnnouncerDeps, signal: AbortSignal): Promise<void> => {
  const { channels, db, clock, log, timing, ring } = deps;
  const tidyUp = async (): Promise<void> => {
    const names = channels.map(({ name }) => name);
    const others = (await deps.othersChannels?.(db)) ?? [];
    const lost = await giveUpOthers(db, [...names, ...others], clock.now());
    if (lost > 0)
      log.warn('notifications dropped: their channels are no longer configured', { lost });
  };
  await keepTrying({ clock, log }, 'messages of removed channels', tidyUp, signal);

  const loop = (one: Loop): Promise<void> => runLoop({ clock, log }, one, signal);
  const prune = loop({
    name: 'pruning of notifications',
    meaning: 'sent notifications are kept for longer',
    round: async () => {
      await pruneMessages(db, clock.now() - deps.keepMs);
      return PRUNE_EVERY_MS;
    },
  });
  if (channels.length === 0) {
    const round = async (): Promise<number> => {
      await forgetUnannounced(db);
      return FORGET_EVERY_MS;
    };
    const meaning = 'notifications are not sent; the store keeps them';
    await Promise.all([prune, loop({ name: 'clearing of notifications', meaning, round })]);
    return;
  }
  const written = createBell(clock);
  const stop = deps.onChange(written.ring);
  const announce = loop({
    name: 'notifications',
    meaning: 'ended deployments are not announced',
    bell: written,
    leastMs: timing.everyMs,
    round: async () => {
      const { messages, restMs } = await announceEnded(deps);
      if (messages > 0) ring();
      return restMs;
    },
  });
  await Promise.all([prune, announce.finally(stop)]);
};
