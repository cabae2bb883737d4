import type { ListedRegistries } from '../../core/contract/registries.ts';
import type { Clock } from '../loop/clock.ts';

/** No answer came for so long that the work was given up. */
export class Stalled extends Error {
  override readonly name = 'Stalled';
}

/**
 * Runs `act` for as long as it makes progress. Its signal is aborted with {@link Stalled} if `onStep` was not called
 * for `afterMs`, and with the caller's reason.
 */
export const withStallLimit = async <T>(
  {
    clock,
    afterMs,
  }: { readonly clock: Pick<Clock, 'monotonic' | 'wait'>; readonly afterMs: number },
  signal: AbortSignal,
  act: (signal: AbortSignal, onStep: () => void) => Promise<T>,
): Promise<T> => {
  const over = new AbortController();
  const limited = AbortSignal.any([signal, over.signal]);
  let stepAt = clock.monotonic();
  const watch = async (): Promise<void> => {
    for (;;) {
      const restMs = stepAt + afterMs - clock.monotonic();
      if (restMs <= 0) return over.abort(new Stalled(`no data for ${afterMs} ms`));
      await clock.wait(restMs, limited);
    }
  };
  watch().catch(() => {});
  try {
    return await act(limited, () => {
      stepAt = clock.monotonic();
    });
  } catch (error) {
    limited.throwIfAborted();
    throw error;
  } finally {
    over.abort();
  }
};

/** The same registries, but `onStep` is called for every answer and for every page of a tag list. */
export const tellSteps = <R extends ListedRegistries>(registries: R, onStep: () => void): R => {
  const told = async <T>(answer: Promise<T>): Promise<T> => {
    try {
      return await answer;
    } finally {
      onStep();
    }
  };
  const { findDigest, readManifest, listTags } = registries;
  return {
    ...registries,
    findDigest: (image, signal) => told(findDigest(image, signal)),
    readManifest: (image, digest, signal) => told(readManifest(image, digest, signal)),
    listTags: (image, signal, turn) =>
      told(
        listTags(image, signal, async (asked) => {
          onStep();
          await turn?.(asked);
        }),
      ),
  };
};
