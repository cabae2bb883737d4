import { backoffMs } from '../../core/backoff.ts';
import { AFTER_FAILURE, type LoopDeps } from './run-loop.ts';

/**
 * Repeats an act that must not be left undone, until it succeeds or the signal is aborted. In the latter case the
 * next start finds it undone. Never rejects.
 *
 * @param what for the log: what stays undone while it fails
 */
export const keepTrying = async (
  { clock, log }: LoopDeps,
  what: string,
  act: () => Promise<void>,
  signal: AbortSignal,
): Promise<void> => {
  for (let failures = 1; !signal.aborted; failures += 1) {
    try {
      await act();
      return;
    } catch (error) {
      if (signal.aborted) return;
      log.error('could not be written to the store; it is retried', { what, failures, error });
      await clock.wait(backoffMs(AFTER_FAILURE, failures, 1), signal).catch(() => {});
    }
  }
};
