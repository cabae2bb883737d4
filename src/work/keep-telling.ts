import type { Log } from '../core/log.ts';
import { eventRange, startTelling, stopTelling } from '../store/events.ts';
import type { Db } from '../store/open-store.ts';
import type { Clock } from './ports.ts';

/** When nobody listens any more, events are kept for so long for those who come back. */
export const KEPT_FOR_MS = 10 * 60_000;

export type Telling = {
  /** Somebody listens. Resolves to the event after which all are told: what was before it may have gaps. */
  readonly join: () => Promise<number>;
  /** To be called once for each that joined. */
  readonly leave: () => void;
};

/**
 * Lets the store tell what changes in it only while somebody listens, or did a short time ago: for each
 * hook it is a fifth of what the store does. Ends with `signal`.
 */
export const createTelling = (db: Db, clock: Clock, log: Log, signal: AbortSignal): Telling => {
  let listeners = 0;
  let since: Promise<number> | null = null;
  let isNeeded = new AbortController();

  const begin = async (): Promise<number> => {
    try {
      await startTelling(db);
      return (await eventRange(db)).newest;
    } catch (error) {
      since = null;
      throw error;
    }
  };

  const endAfter = async (either: AbortSignal): Promise<void> => {
    // Rejects where somebody came, or the process ends.
    const isOver = await clock.wait(KEPT_FOR_MS, either).then(
      () => true,
      () => false,
    );
    // Somebody may have come in the very moment in which it was over.
    if (!isOver || listeners > 0) return;
    since = null;
    // Whoever comes now begins after this, as the store does one thing after another.
    await stopTelling(db).catch((error: unknown) => {
      log.error('the store goes on telling', { error });
    });
  };

  return {
    join: async () => {
      listeners += 1;
      isNeeded.abort();
      since ??= begin();
      try {
        return await since;
      } catch (error) {
        listeners -= 1;
        throw error;
      }
    },
    leave: () => {
      listeners -= 1;
      if (listeners > 0) return;
      isNeeded = new AbortController();
      void endAfter(AbortSignal.any([signal, isNeeded.signal]));
    },
  };
};
