import { setTimeout as delay } from 'node:timers/promises';

export type WaitOptions = {
  /** What to wait for, named in the error. */
  readonly what: string;
  readonly withinMs: number;
  readonly everyMs?: number;
  readonly signal?: AbortSignal | undefined;
};

/**
 * Calls `look` until it returns something other than null, and returns that. When the time is over, throws an error
 * that names what it waited for and what the last call threw. After an abort, throws the signal's reason.
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

/** Thrown by a `look` that knows that waiting is useless. */
export class HopelessError extends Error {
  override readonly name = 'HopelessError';
}
