import {
  type ImageReference,
  parseImageReference,
} from '../../../src/core/image/image-reference.ts';
import { silentLog } from '../../../src/core/log.ts';
import {
  createRegistries,
  type ConnectedRegistries,
  type RegistriesOptions,
} from '../../../src/adapters/registry/registries.ts';

/** A client with limits so short that no test waits long. It is closed at the end of its block. */
export const createTestRegistries = (
  options: Partial<RegistriesOptions> = {},
): ConnectedRegistries & AsyncDisposable => {
  const registries = createRegistries({
    log: silentLog,
    now: Date.now,
    random: () => 0.5,
    ...options,
    limits: { attemptMs: 2_000, lookupMs: 6_000, retryPauseMs: 10, ...options.limits },
  });
  return { ...registries, [Symbol.asyncDispose]: registries.close };
};

export const imageNamed = (text: string): ImageReference & { readonly tag: string } => {
  const parsed = parseImageReference(text);
  if (!parsed.ok || parsed.image.tag === null) throw new Error(`${text} is no image with a tag`);
  return { ...parsed.image, tag: parsed.image.tag };
};

/** A signal that never fires. */
export const unbounded = (): AbortSignal => new AbortController().signal;
