import { setTimeout as sleep } from 'node:timers/promises';
import { onAbort } from './on-abort.ts';

/** How much time some work has left, and the signal that may end it earlier. */
export type Deadline = {
  /** Its reason is thrown unchanged. */
  readonly caller: AbortSignal;
  readonly remainingMs: () => number;
};

/** A deadline `ms` from now. */
export const startDeadline = (caller: AbortSignal, ms: number): Deadline => {
  const end = performance.now() + ms;
  return { caller, remainingMs: () => Math.max(end - performance.now(), 0) };
};

/** The reason that {@link watchLimit} gives when the time is up. */
export class TimeUp extends Error {
  override readonly name = 'TimeUp';
}

/**
 * Calls `end` when the caller is aborted, with its reason, or after `ms`, with {@link TimeUp}. Returns a function
 * that stops watching.
 */
export const watchLimit = (
  caller: AbortSignal,
  ms: number,
  end: (reason: Error) => void,
): (() => void) => {
  const cease = onAbort(caller, () => end(caller.reason));
  const timer = setTimeout(() => end(new TimeUp('time is up')), ms);
  return () => {
    clearTimeout(timer);
    cease();
  };
};

/**
 * Runs `work` with a signal that fires after `ms` at most, or with the caller. Throws the caller's
 * reason, {@link TimeUp}, or what `work` throws.
 */
export const withinLimit = async <T>(
  caller: AbortSignal,
  ms: number,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> => {
  caller.throwIfAborted();
  const controller = new AbortController();
  const forget = watchLimit(caller, ms, (reason) => controller.abort(reason));
  try {
    return await work(controller.signal);
  } catch (error) {
    caller.throwIfAborted();
    throw controller.signal.aborted ? controller.signal.reason : error;
  } finally {
    forget();
  }
};

/** Resolves like `promise`, or throws the caller's reason as soon as it is aborted. */
export const unlessAborted = async <T>(promise: Promise<T>, caller: AbortSignal): Promise<T> => {
  // If the promise fails after the caller was aborted, nothing else handles that, and Node would exit.
  promise.catch(() => {});
  caller.throwIfAborted();
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const cease = onAbort(caller, () => reject(caller.reason));
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    cease();
  }
};

/** Waits `ms`. Throws the caller's reason if it is aborted meanwhile. */
export const pause = async (ms: number, caller: AbortSignal): Promise<void> => {
  try {
    await sleep(ms, undefined, { signal: caller });
  } catch (error) {
    caller.throwIfAborted();
    throw error;
  }
};
