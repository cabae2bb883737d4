import { type Backoff, backoffMs } from '../../core/backoff.ts';
import type { Log } from '../../core/log.ts';
import { StoreFailure } from '../../core/store-failure.ts';
import { type Bell, createBell } from './bell.ts';
import type { Clock } from './clock.ts';

export type LoopDeps = { readonly clock: Clock; readonly log: Log };

export type Loop = {
  /** For the log: what the loop does. */
  readonly name: string;
  /** For the log: what people notice while its rounds fail. */
  readonly meaning: string;
  /** Does what is due. Returns how many ms the loop may rest before the next round. */
  readonly round: (signal: AbortSignal) => Promise<number>;
  /** Rung when there is something to do sooner. */
  readonly bell?: Bell;
  /** Pause after each round, in ms, so that a bell that rings all the time costs little. Default: 0. */
  readonly leastMs?: number;
  /** Errors that no retry can fix: they end the loop, and with it the helper. */
  readonly isFatal?: (error: unknown) => boolean;
};

/** A store that is full or unreachable comes back at some time, and waiting work should not wait much longer. */
export const AFTER_FAILURE: Backoff = { firstMs: 1_000, longestMs: 15_000 };
/** A loop that keeps failing is logged this often. */
const LOG_EVERY_MS = 60_000;

/**
 * Repeats the rounds until the signal is aborted. A failed round is logged with what it means, backed off
 * and repeated, whatever the error: an unreachable store is an outage, not an exit. Rejects only with an
 * error that is fatal by {@link Loop.isFatal}.
 */
export const runLoop = async (
  { clock, log }: LoopDeps,
  loop: Loop,
  signal: AbortSignal,
): Promise<void> => {
  const { bell = createBell(clock), leastMs = 0 } = loop;
  const about = { loop: loop.name, meaning: loop.meaning };
  let failures = 0;
  let unloggedMs = Number.POSITIVE_INFINITY;
  while (!signal.aborted) {
    let restMs = 0;
    try {
      restMs = await loop.round(signal);
    } catch (error) {
      if (signal.aborted) return;
      if (loop.isFatal?.(error) === true) throw error;
      failures += 1;
      const pauseMs = backoffMs(AFTER_FAILURE, failures, 1);
      if (isToldElsewhere(error)) {
        log.debug('a background task waits for the store', { ...about, failures });
      } else if (unloggedMs >= LOG_EVERY_MS) {
        log.error('a background task failed; it is retried', { ...about, failures, error });
        unloggedMs = 0;
      }
      unloggedMs += pauseMs;
      // Ignore the bell here: a ring does not mean that the store is back.
      await pause(clock, pauseMs, signal);
      continue;
    }
    if (failures > 0) {
      log.info('a background task works again', { loop: loop.name, failures });
      failures = 0;
      unloggedMs = Number.POSITIVE_INFINITY;
    }
    if (leastMs > 0) await pause(clock, leastMs, signal);
    await bell.wait(restMs - leastMs, signal);
  }
};

/**
 * The store watch reports a failing database server, once for all loops. It does not report a permission that one
 * loop lacks.
 */
const isToldElsewhere = (error: unknown): boolean =>
  error instanceof StoreFailure && error.kind !== 'refused';

/** Ends early when the signal is aborted. Never rejects. */
const pause = (clock: Clock, ms: number, signal: AbortSignal): Promise<void> =>
  clock.wait(ms, signal).catch(() => {});
