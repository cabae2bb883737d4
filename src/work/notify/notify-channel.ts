import { type Backoff, backoffMs } from '../../core/backoff.ts';
import type { Log } from '../../core/log.ts';
import type { Message, NoticeChannel, SendOutcome } from '../../core/contract/notice.ts';
import { makeMessagesDueAgain } from '../../store/query/due-again.ts';
import {
  type AttemptEnd,
  nextMessage,
  recordAttempt,
  type WaitingMessage,
} from '../../store/notices/notifications.ts';
import type { Db } from '../../store/sqlite/open-store.ts';
import type { Bell } from '../loop/bell.ts';
import type { Clock } from '../loop/clock.ts';
import { watchClock } from '../loop/clock-watch.ts';
import { runLoop } from '../loop/run-loop.ts';

export type ChannelDeps = {
  readonly channel: NoticeChannel;
  readonly db: Db;
  readonly clock: Clock;
  /** 0 to 1. */
  readonly random: () => number;
  readonly log: Log;
  readonly backoff: Backoff;
  /** Rings when a new message waits. */
  readonly bell: Bell;
  /** Adds what a message gets only when it is sent. */
  readonly prepare: (channel: NoticeChannel, message: Message) => Promise<Message>;
};

const LONGEST_SLEEP_MS = 60_000;

/**
 * Sends one channel's messages, one after another, until the signal is aborted. A message that is being sent then
 * stays in the store, and the next start sends it again.
 */
export const runChannel = async (deps: ChannelDeps, signal: AbortSignal): Promise<void> => {
  const { channel, db, clock, bell } = deps;
  /** The receiver asked for no messages until then; monotonic. */
  let notBefore = 0;
  const wentBack = watchClock(clock);
  const round = async (): Promise<number> => {
    if (wentBack()) await makeMessagesDueAgain(db, channel.name, clock.now());
    const waiting = await nextMessage(db, channel.name);
    if (waiting === null) return LONGEST_SLEEP_MS;
    const due = Math.max(waiting.runAt - clock.now(), notBefore - clock.monotonic());
    if (due > 0) return due;
    if (clock.now() > waiting.giveUpAt) {
      // The receiver's last answer says more than that the time is up.
      const detail = waiting.lastError ?? 'it could not be sent in time';
      await keep(deps, waiting, { kind: 'failed', detail });
      return 0;
    }
    const outcome = await attempt(deps, waiting, signal);
    if (outcome === null) return 0;
    if (outcome.kind === 'failed' && outcome.retryAfterMs !== null) {
      notBefore = clock.monotonic() + outcome.retryAfterMs;
    }
    await keep(deps, waiting, endOf(deps, waiting, outcome));
    return 0;
  };
  const name = `notifications of channel ${channel.name}`;
  await runLoop(deps, { name, meaning: 'nothing is sent to the channel', round, bell }, signal);
};

/** Null if the helper stops meanwhile: the outcome is then unknown. */
const attempt = async (
  { channel, log, prepare }: ChannelDeps,
  waiting: WaitingMessage,
  signal: AbortSignal,
): Promise<SendOutcome | null> => {
  try {
    return await channel.send(await prepare(channel, waiting.message), signal);
  } catch (error) {
    if (signal.aborted) return null;
    log.error('notification broke', { channel: channel.name, message: waiting.id, error });
    const detail = 'an error of the helper itself, see its log';
    return { kind: 'failed', retryable: true, mostAttempts: null, retryAfterMs: null, detail };
  }
};

const endOf = (deps: ChannelDeps, waiting: WaitingMessage, outcome: SendOutcome): AttemptEnd => {
  if (outcome.kind === 'sent') return outcome;
  const { detail, retryable, mostAttempts, retryAfterMs } = outcome;
  const attempts = waiting.attempts + 1;
  const wait = Math.max(backoffMs(deps.backoff, attempts, deps.random()), retryAfterMs ?? 0);
  const runAt = deps.clock.now() + wait;
  const isLast =
    !retryable || (mostAttempts !== null && attempts >= mostAttempts) || runAt > waiting.giveUpAt;
  return isLast ? { kind: 'failed', detail } : { kind: 'again', runAt, detail };
};

const keep = async (
  { channel, db, clock, log }: ChannelDeps,
  waiting: WaitingMessage,
  end: AttemptEnd,
): Promise<void> => {
  await recordAttempt(db, waiting.id, end, clock.now());
  const about = { channel: channel.name, message: waiting.id, attempts: waiting.attempts + 1 };
  if (end.kind === 'sent') log.debug('notification sent', about);
  else if (end.kind === 'failed') {
    log.error('notification given up', { ...about, problem: end.detail });
  } else if (waiting.attempts === 0) {
    log.warn('notification not sent; the helper will retry', { ...about, problem: end.detail });
  }
};
