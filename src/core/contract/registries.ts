import type { Digest } from '../image/digest.ts';
import type { ImageReference } from '../image/image-reference.ts';
import type {
  BuildFacts,
  LookUp,
  Platform,
  PublishedManifest,
  TagList,
} from '../image/published.ts';

export type TaggedImage = ImageReference & { readonly tag: string };

/**
 * What is read from the registries that images come from. What a registry does wrong is an answer, never thrown; only the
 * signal's own reason is.
 */
export type Registries = {
  /** The published digest of a tag; a digest that the reference has is not asked for. */
  readonly findDigest: (image: TaggedImage, signal: AbortSignal) => Promise<LookUp>;
  /**
   * Members of a digest, its platforms where the manifest names them, and whether it is an image at all; read
   * once and kept. A plain image, as the look-up told it, that cannot be read now is taken for one.
   */
  readonly readManifest: (
    image: ImageReference,
    digest: Digest,
    signal: AbortSignal,
  ) => Promise<
    | { readonly kind: 'manifest'; readonly manifest: PublishedManifest }
    | Extract<LookUp, { kind: 'failed' }>
  >;
  /**
   * All tags of a repository, or a failure where they are too many or not told whole. The registry itself is asked
   * before its mirrors, which may have only what was pulled through them. `turn` is awaited before each page after
   * the first.
   */
  readonly listTags: (
    image: Pick<ImageReference, 'registry' | 'repository'>,
    signal: AbortSignal,
    turn?: (signal: AbortSignal) => Promise<void>,
  ) => Promise<TagList>;
  /** Whether every new index of a host counts, also one that differs in attestations alone. */
  readonly followsIndex: (host: string) => boolean;
  /** The platforms of a digest, those of a plain image too; null where they could not be read. */
  readonly readPlatforms: (
    image: ImageReference,
    digest: Digest,
    signal: AbortSignal,
  ) => Promise<readonly Platform[] | null>;
  /** What the image says of its making, each fact null where it does not; null where it could not be read. */
  readonly readBuildFacts: (
    image: ImageReference,
    digest: Digest,
    signal: AbortSignal,
  ) => Promise<BuildFacts | null>;
  /**
   * Why an image could not be pulled now, in one line for a person: its manifest, its configuration or a layer is
   * not given. Null where nothing speaks against it.
   */
  readonly findPullProblem: (
    image: ImageReference,
    digest: Digest,
    signal: AbortSignal,
  ) => Promise<string | null>;
  /**
   * The value of `X-Registry-Auth` with the present credentials for an image, asked anew of their helper,
   * or null where there are none or they cannot be had: then an engine keeps what it has.
   */
  readonly updateAuth: (
    image: Pick<ImageReference, 'registry' | 'repository'>,
    signal: AbortSignal,
  ) => Promise<string | null>;
};

/** What a check asks of the registries. */
export type AskedRegistries = Pick<Registries, 'findDigest' | 'readManifest' | 'followsIndex'>;

/** The same, and what tags there are. */
export type ListedRegistries = AskedRegistries & Pick<Registries, 'listTags'>;
