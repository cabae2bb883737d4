import { setTimeout as sleep } from 'node:timers/promises';

/** Waits. An aborted signal ends the wait at once, with the signal's reason. */
export const pause = async (ms: number, signal: AbortSignal): Promise<void> => {
  try {
    await sleep(ms, undefined, { signal });
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
};
