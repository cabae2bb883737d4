import type { Log } from '../core/log.ts';
import type { Clock } from './ports.ts';

/** A store that takes nothing now, because its disk is full, may take it later. */
const AGAIN_MS = 5_000;

/**
 * Does what must not stay undone, again and again, until it succeeds or the signal is aborted: then
 * the next start finds it undone. Never rejects.
 */
export const keepTrying = async (
  { clock, log }: { readonly clock: Clock; readonly log: Log },
  act: () => Promise<void>,
  signal: AbortSignal,
): Promise<void> => {
  while (!signal.aborted) {
    try {
      await act();
      return;
    } catch (error) {
      log.error('not on disk yet, it is tried again', { error });
      await clock.wait(AGAIN_MS, signal).catch(() => {});
    }
  }
};
