import { setTimeout as delay } from 'node:timers/promises';

export type WaitOptions = {
  /** What is waited for, named by the error. */
  readonly what: string;
  readonly withinMs: number;
  readonly everyMs?: number;
  readonly signal?: AbortSignal | undefined;
};

/**
 * Asks `look` until it answers anything but null, and gives that. Throws an error that names what was
 * waited for, with what the last look threw, once the time is over; or the signal's reason.
 */
export const waitUntil = async <T>(
  look: () => Promise<T | null>,
  { what, withinMs, everyMs = 50, signal }: WaitOptions,
): Promise<T> => {
  const deadline = performance.now() + withinMs;
  let problem: unknown;
  for (;;) {
    signal?.throwIfAborted();
    try {
      const found = await look();
      if (found !== null) return found;
      problem = undefined;
    } catch (error) {
      if (error instanceof HopelessError) throw error;
      problem = error;
    }
    if (performance.now() >= deadline) {
      throw new Error(`${what}: not within ${withinMs} ms`, { cause: problem });
    }
    await delay(everyMs, undefined, { signal });
  }
};

/** Thrown by a look that knows that waiting is of no use. */
export class HopelessError extends Error {
  override readonly name = 'HopelessError';
}
