import { backoffMs } from '../core/backoff.ts';
import type { Log } from '../core/log.ts';
import { StoreFailure } from '../core/store-failure.ts';
import { showStore, type StoreSetting } from '../core/store-setting.ts';
import type { Clock } from '../work/loop/clock.ts';

const PAUSE = { firstMs: 500, longestMs: 5_000 };
/** How often it is logged while it lasts. */
const LOG_EVERY_MS = 60_000;

export type ReachableDeps = {
  readonly setting: StoreSetting;
  readonly clock: Clock;
  readonly log: Log;
};

/**
 * Does what the start needs from the store, and repeats it while the database server does not answer, because it may be
 * starting or failing over. Null if the signal is aborted first. Rejects with any other error.
 */
export const whenReachable = async <T>(
  { setting, clock, log }: ReachableDeps,
  act: () => Promise<T>,
  signal: AbortSignal,
): Promise<T | null> => {
  let logged = { kind: '', at: Number.NEGATIVE_INFINITY };
  for (let failures = 0; ; ) {
    try {
      const result = await act();
      if (failures > 0) log.info('the store answers', { store: showStore(setting) });
      return result;
    } catch (error) {
      if (!(error instanceof StoreFailure)) throw error;
      failures += 1;
      const { kind, message } = error;
      if (kind !== logged.kind || clock.monotonic() - logged.at >= LOG_EVERY_MS) {
        log.error('the store does not answer; the helper waits for it', {
          store: showStore(setting),
          reason: kind,
          detail: message,
        });
        logged = { kind, at: clock.monotonic() };
      }
    }
    await clock.wait(backoffMs(PAUSE, failures, 1), signal).catch(() => {});
    if (signal.aborted) return null;
  }
};
