import { closeSync, openSync } from 'node:fs';
import type { Log } from '../core/log.ts';
import type { Clock } from '../work/loop/clock.ts';
import { runLoop } from '../work/loop/run-loop.ts';

const EVERY_MS = 2_000;
/** How often it is logged while it lasts. */
const LOG_EVERY_MS = 60_000;
const EXHAUSTED: ReadonlySet<unknown> = new Set(['EMFILE', 'ENFILE']);

const isOneFree = (): boolean => {
  try {
    closeSync(openSync('/dev/null', 'r'));
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && EXHAUSTED.has(error.code)) return false;
    throw error;
  }
};

/** Logs when no file descriptor is free, until the signal is aborted: Node then closes new connections silently. */
export const watchDescriptors = (
  { clock, log }: { readonly clock: Clock; readonly log: Log },
  signal: AbortSignal,
): Promise<void> => {
  let loggedAt = Number.NEGATIVE_INFINITY;
  const round = async (): Promise<number> => {
    if (!isOneFree() && clock.monotonic() - loggedAt >= LOG_EVERY_MS) {
      loggedAt = clock.monotonic();
      log.error('no file descriptors are left: connections are refused', {
        advice: 'raise the limit of open files (ulimit -n) or find who keeps connections open',
      });
    }
    return EVERY_MS;
  };
  const meaning = 'running out of file descriptors is not logged';
  return runLoop({ clock, log }, { name: 'descriptor watch', meaning, round }, signal);
};
