import { backoffMs } from '../core/backoff.ts';
import type { Log } from '../core/log.ts';
import { StoreFailure } from '../core/store-failure.ts';
import { showStore, type StoreSetting } from '../core/store-setting.ts';
import { openConfiguredStore } from '../store/open/open-configured-store.ts';
import type { Store } from '../store/sqlite/open-store.ts';
import type { Clock } from '../work/loop/clock.ts';

const PAUSE = { firstMs: 500, longestMs: 5_000 };
/** How often it is logged while it lasts. */
const LOG_EVERY_MS = 60_000;

/**
 * Opens the store. Waits for a database server that does not answer, because it may be starting or failing over. Null
 * if the signal is aborted first.
 *
 * @throws {StoreError} if a person must act
 */
export const openReachable = async (
  setting: StoreSetting,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
  signal: AbortSignal,
): Promise<Store | null> => {
  let logged = { kind: '', at: Number.NEGATIVE_INFINITY };
  for (let failures = 0; ; ) {
    try {
      const store = await openConfiguredStore(setting);
      if (failures > 0) log.info('the store answers', { store: showStore(setting) });
      return store;
    } catch (error) {
      if (!(error instanceof StoreFailure)) throw error;
      failures += 1;
      const { kind, message } = error;
      if (kind !== logged.kind || clock.monotonic() - logged.at >= LOG_EVERY_MS) {
        log.error('the store does not answer: the helper waits for it', {
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
