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
  /** Is called when another instance has written, or may have. */
  readonly heard: () => void;
  readonly clock: Clock;
  readonly log: Log;
};

/** Where nothing tells of writes they are looked for this often … */
const POLL_MS = 1_000;
/** … and this often where something does: a message may be lost. */
const POLL_BESIDE_MS = 5_000;
/** Between two times that work is woken, however much others write. */
const LEAST_MS = 50;
/** A message to oneself that takes longer will not come. */
const PROVEN_WITHIN_MS = 2_000;
/** After the connection broke, and where nothing comes through. */
const LISTEN_AGAIN_MS = 1_000;
const TRY_AGAIN_MS = 300_000;

/**
 * Hears that other instances have written to the store, until the signal is aborted: by messages of the database where
 * they arrive, and in any case by looking for new events, as everything that makes work leaves one.
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

  const look = async (): Promise<number> => {
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
            advice: 'behind PgBouncer in transaction mode give a direct address as listenUrl',
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
  const meaning = 'what other instances accept is taken up late';
  const loop = { clock, log };
  await Promise.all([
    runLoop(loop, { name: 'news of other instances', meaning, round: look }, signal),
    runLoop(
      loop,
      { name: 'messages of other instances', meaning, round: told, bell: wake, leastMs: LEAST_MS },
      signal,
    ),
    runLoop(loop, { name: 'listening', meaning, round: listen }, signal),
  ]);
};
