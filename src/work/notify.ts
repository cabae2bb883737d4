import type { Backoff } from '../core/backoff.ts';
import type { Log } from '../core/log.ts';
import type { NoticeChannel } from '../core/notice.ts';
import { forgetUnannounced, giveUpOthers, pruneMessages } from '../store/notifications.ts';
import type { Db } from '../store/open-store.ts';
import type { Clock } from './ports.ts';
import { announceEnded } from './notify-announce.ts';
import { runChannel } from './notify-channel.ts';
import type { GroupTiming } from './notify-groups.ts';
import { createBell } from './wake.ts';

export type NotifyTiming = GroupTiming & {
  /** How often it is looked whether something has ended; a look is one query of our own store. */
  readonly everyMs: number;
  readonly backoff: Backoff;
  /** A message that could not be sent for so long is given up. */
  readonly giveUpMs: number;
};

export type NotifierDeps = {
  readonly channels: readonly NoticeChannel[];
  readonly db: Db;
  readonly clock: Clock;
  /** Ids that sort by time. */
  readonly newId: () => string;
  /** 0 to 1. */
  readonly random: () => number;
  readonly log: Log;
  /** How long messages that ended are kept. */
  readonly keepMs: number;
  /** Only tests have a reason to hurry. */
  readonly timing?: NotifyTiming;
};

const TIMING: NotifyTiming = {
  everyMs: 1_000,
  quietMs: 10_000,
  longestMs: 60_000,
  backoff: { firstMs: 5_000, longestMs: 15 * 60_000 },
  // News of yesterday morning helps nobody any more.
  giveUpMs: 24 * 3_600_000,
};

const PRUNE_EVERY_MS = 3_600_000;
/** With nobody to tell, the word that ended deployments leave is cleared away now and then. */
const FORGET_EVERY_MS = 60_000;

/**
 * Tells the channels what has ended, until the signal is aborted: each channel for itself, each message
 * at least once. What is not told yet is in the store, where the next start finds it.
 */
export const keepNotifying = async (deps: NotifierDeps, signal: AbortSignal): Promise<void> => {
  const { channels, db, clock, log } = deps;
  const timing = deps.timing ?? TIMING;
  const names = channels.map(({ name }) => name);
  const lost = await giveUpOthers(db, names, clock.now());
  if (lost > 0) log.warn('notifications given up: their channels are configured no more', { lost });

  const every = async (ms: number, act: () => Promise<void>): Promise<void> => {
    while (!signal.aborted) {
      await act().catch((error: unknown) => log.error('notifications broke', { error }));
      await clock.wait(ms, signal).catch(() => {});
    }
  };
  const prune = every(PRUNE_EVERY_MS, async () => {
    await pruneMessages(db, clock.now() - deps.keepMs);
  });
  if (channels.length === 0) {
    await Promise.all([prune, every(FORGET_EVERY_MS, () => forgetUnannounced(db))]);
    return;
  }
  const senders = channels.map((channel) => ({ channel, bell: createBell(clock) }));
  await Promise.all([
    prune,
    every(timing.everyMs, async () => {
      if ((await announceEnded({ ...deps, timing })) > 0)
        for (const { bell } of senders) bell.ring();
    }),
    ...senders.map((sender) => runChannel({ ...deps, ...sender, backoff: timing.backoff }, signal)),
  ]);
};
