import type { Digest } from '../image/digest.ts';
import type { ImageReference } from '../image/image-reference.ts';
import type {
  BuildFacts,
  Lookup,
  Platform,
  PublishedManifest,
  TagList,
} from '../image/published.ts';

export type TaggedImage = ImageReference & { readonly tag: string };

/**
 * Reads from the registries of images. Registry failures are returned, never thrown; only the signal's own reason is
 * thrown.
 */
export type Registries = {
  /** The published digest of a tag. The reference's own digest is ignored. */
  readonly findDigest: (image: TaggedImage, signal: AbortSignal) => Promise<Lookup>;
  /**
   * The members of a digest, its platforms if the manifest names them, and whether it is an image at all. Read once and
   * cached. If a digest that the lookup reported as a plain image cannot be read now, it counts as one.
   */
  readonly readManifest: (
    image: ImageReference,
    digest: Digest,
    signal: AbortSignal,
  ) => Promise<
    | { readonly kind: 'manifest'; readonly manifest: PublishedManifest }
    | Extract<Lookup, { kind: 'failed' }>
  >;
  /**
   * All tags of a repository, or a failure if there are too many or the list is incomplete. The registry itself is
   * asked before its mirrors, which may have only the tags that were pulled through them. `turn` is awaited before each
   * page after the first.
   */
  readonly listTags: (
    image: Pick<ImageReference, 'registry' | 'repository'>,
    signal: AbortSignal,
    turn?: (signal: AbortSignal) => Promise<void>,
  ) => Promise<TagList>;
  /** Whether every new index of a host counts, even if it differs only in attestations. */
  readonly followsIndex: (host: string) => boolean;
  /** The platforms of a digest, including those of a plain image; null if they could not be read. */
  readonly readPlatforms: (
    image: ImageReference,
    digest: Digest,
    signal: AbortSignal,
  ) => Promise<readonly Platform[] | null>;
  /**
   * The image's own labels about its build. A missing fact is null; the result is null if the image could not be read.
   */
  readonly readBuildFacts: (
    image: ImageReference,
    digest: Digest,
    signal: AbortSignal,
  ) => Promise<BuildFacts | null>;
  /**
   * Why an image could not be pulled now, in one line for a person: its manifest, its configuration or a layer is
   * missing. Null if no problem was found.
   */
  readonly findPullProblem: (
    image: ImageReference,
    digest: Digest,
    signal: AbortSignal,
  ) => Promise<string | null>;
  /**
   * The value of `X-Registry-Auth` with the current credentials for an image, read again from their credential helper,
   * or null if there are none or they cannot be read. The engine then keeps its own.
   */
  readonly updateAuth: (
    image: Pick<ImageReference, 'registry' | 'repository'>,
    signal: AbortSignal,
  ) => Promise<string | null>;
};

/** The registry functions that a check uses. */
export type AskedRegistries = Pick<Registries, 'findDigest' | 'readManifest' | 'followsIndex'>;

/** The same, with the list of tags. */
export type ListedRegistries = AskedRegistries & Pick<Registries, 'listTags'>;
