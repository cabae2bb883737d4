import type { ListedRegistries } from '../../core/contract/registries.ts';
import type { Clock } from '../loop/clock.ts';

/** The same registries, but each gets at most one lookup per `everyMs`. */
export const paceLookups = <T extends ListedRegistries>(
  registries: T,
  clock: Pick<Clock, 'monotonic' | 'wait'>,
  everyMs: number,
): T => {
  const nextAt = new Map<string, number>();
  const turn = async (host: string, signal: AbortSignal): Promise<void> => {
    const now = clock.monotonic();
    const at = Math.max(nextAt.get(host) ?? now, now);
    nextAt.set(host, at + everyMs);
    if (at > now) await clock.wait(at - now, signal);
  };
  return {
    ...registries,
    listTags: async (image, signal) => {
      const next = (asked: AbortSignal): Promise<void> => turn(image.registry, asked);
      await next(signal);
      return registries.listTags(image, signal, next);
    },
    findDigest: async (image, signal) => {
      await turn(image.registry, signal);
      return registries.findDigest(image, signal);
    },
    readManifest: async (image, digest, signal) => {
      await turn(image.registry, signal);
      return registries.readManifest(image, digest, signal);
    },
  };
};
