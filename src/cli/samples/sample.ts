import type { ImageReference } from '../../core/image/image-reference.ts';

export type SampleHook = {
  readonly contentType: string;
  /** Additional headers that identify the sender. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: unknown;
};

export type SampledImage = ImageReference & { readonly tag: string };

/** What a sender posts for a push of an image; null if it cannot have such an image. */
export type MakeSample = (image: SampledImage, id: string, now: Date) => SampleHook | null;

export const json = (
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): SampleHook => ({
  contentType: 'application/json',
  headers,
  body,
});

/** For senders that omit the digest if none was given. */
export const withDigest = (digest: string | null, key = 'digest'): object =>
  digest === null ? {} : { [key]: digest };

/** The first folder of a repository, and the rest. */
export const splitFolder = (repository: string): readonly [folder: string, rest: string] => {
  const slash = repository.indexOf('/');
  return [repository.slice(0, Math.max(slash, 0)), repository.slice(slash + 1)];
};
