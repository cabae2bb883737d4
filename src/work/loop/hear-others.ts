import type { Log } from '../../core/log.ts';
import { eventRange } from '../../store/notices/events.ts';
import type { Others } from '../../store/query/others.ts';
import type { Db } from '../../store/sqlite/open-store.ts';
import { createBell } from './bell.ts';
import type { Clock } from './clock.ts';
import { runLoop } from './run-loop.ts';

export type HearOthersDeps = {
  readonly db: Db;
  readonly others: Others;
  /** Called when another instance has written, or may have. */
  readonly heard: () => void;
  readonly clock: Clock;
  readonly log: Log;
};

/** Polling interval if the database sends no messages … */
const POLL_MS = 1_000;
/** … and if it does, because a message may be lost. */
const POLL_BESIDE_MS = 5_000;
/** Least time between two wake-ups, however much others write. */
const LEAST_MS = 50;
/** If a message to ourselves takes longer, it will not arrive. */
const PROVEN_WITHIN_MS = 2_000;
/** Pause before listening again: after the connection broke, and if messages do not arrive at all. */
const LISTEN_AGAIN_MS = 1_000;
const TRY_AGAIN_MS = 300_000;

/**
 * Notices writes by other instances, until the signal is aborted. Messages from the database tell of them if they
 * arrive. Polling for new events finds them in any case, because everything that makes work leaves an event.
 */
export const hearOthers = async (deps: HearOthersDeps, signal: AbortSignal): Promise<void> => {
  const { db, others, clock, log } = deps;
  let isListening = false;
  let newest: number | null = null;
  const wake = createBell(clock);
  const tell = (): void => {
    others.ring();
    deps.heard();
  };

  const readNews = async (): Promise<number> => {
    const range = await eventRange(db);
    if (newest !== null && range.newest !== newest) tell();
    newest = range.newest;
    return isListening ? POLL_BESIDE_MS : POLL_MS;
  };
  const told = async (): Promise<number> => {
    if (isHeard) tell();
    isHeard = false;
    return POLL_BESIDE_MS;
  };
  let isHeard = false;

  const listen = async (): Promise<number> => {
    const proven = createBell(clock);
    let isProven = false;
    const listening = await others.listen((isOwn) => {
      if (isOwn) {
        isProven = true;
        proven.ring();
      } else {
        isHeard = true;
        wake.ring();
      }
    });
    const close = (): void => listening.close();
    signal.addEventListener('abort', close, { once: true });
    try {
      await others.call();
      await proven.wait(PROVEN_WITHIN_MS, signal);
      isListening = isProven;
      if (!isProven && !signal.aborted) {
        log.warn(
          'the database does not announce writes of other instances: the helper looks for them every second',
          {
            advice: 'behind PgBouncer in transaction mode, set listenUrl to a direct address',
          },
        );
        return TRY_AGAIN_MS;
      }
      await listening.ended;
    } finally {
      isListening = false;
      signal.removeEventListener('abort', close);
      listening.close();
    }
    return LISTEN_AGAIN_MS;
  };
  const meaning = 'work accepted by other instances starts late';
  const loop = { clock, log };
  await Promise.all([
    runLoop(loop, { name: 'news of other instances', meaning, round: readNews }, signal),
    runLoop(
      loop,
      { name: 'messages of other instances', meaning, round: told, bell: wake, leastMs: LEAST_MS },
      signal,
    ),
    runLoop(loop, { name: 'listening', meaning, round: listen }, signal),
  ]);
};
