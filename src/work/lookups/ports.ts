import type { Digest } from '../../core/image/digest.ts';
import type { ImageReference } from '../../core/image/image-reference.ts';
import type {
  BuildFacts,
  LookUp,
  Platform,
  PublishedManifest,
  TagList,
} from '../../core/image/published.ts';

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
  /** The tags of a repository; `turn` is awaited before each page after the first. */
  readonly listTags?: (
    image: Pick<ImageReference, 'registry' | 'repository'>,
    signal: AbortSignal,
    turn?: (signal: AbortSignal) => Promise<void>,
  ) => Promise<TagList>;
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
  /** Why an image could not be pulled now, in one line for a person; null where it could, as far as HEADs tell. */
  readonly findPullProblem: (
    image: ImageReference,
    digest: Digest,
    signal: AbortSignal,
  ) => Promise<string | null>;
  /** Value of `X-Registry-Auth` for an image, or null without a sign-in. */
  readonly updateAuth: (
    image: Pick<ImageReference, 'registry' | 'repository'>,
    signal: AbortSignal,
  ) => Promise<string | null>;
};

/** What a check asks of the registries. */
export type AskedRegistries = Pick<Registries, 'findDigest' | 'readManifest' | 'followsIndex'>;

export type { Clock } from '../loop/clock.ts';
