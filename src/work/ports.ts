import type { Digest } from '../core/digest.ts';
import type { ImageReference } from '../core/image-reference.ts';
import type { BuildFacts, LookUp, Platform, PublishedManifest } from '../core/published.ts';

export type TaggedImage = ImageReference & { readonly tag: string };

/** The registries, as far as work needs them. Nothing here throws but the signal's own reason. */
export type Registries = {
  readonly findDigest: (image: TaggedImage, signal: AbortSignal) => Promise<LookUp>;
  readonly readManifest: (
    image: ImageReference,
    digest: Digest,
    signal: AbortSignal,
  ) => Promise<
    | { readonly kind: 'manifest'; readonly manifest: PublishedManifest }
    | Extract<LookUp, { kind: 'failed' }>
  >;
  /** Whether every new index of a host counts, also one that differs in attestations alone. */
  readonly followsIndex?: (host: string) => boolean;
  /** Also those of a plain image; null where they could not be read. */
  readonly readPlatforms: (
    image: ImageReference,
    digest: Digest,
    signal: AbortSignal,
  ) => Promise<readonly Platform[] | null>;
  readonly readBuildFacts: (
    image: ImageReference,
    digest: Digest,
    signal: AbortSignal,
  ) => Promise<BuildFacts | null>;
  /** Value of `X-Registry-Auth` for an image, or null without a sign-in. */
  readonly updateAuth: (
    image: Pick<ImageReference, 'registry' | 'repository'>,
    signal: AbortSignal,
  ) => Promise<string | null>;
};

export type { Clock } from './loop/clock.ts';
