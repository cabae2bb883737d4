import type { Digest } from './digest.ts';

/** Why the published digest could not be determined. */
export type LookupFailure =
  | 'tag-gone'
  | 'sign-in-refused'
  | 'rate-limited'
  | 'unreachable'
  | 'malformed'
  /** The tag holds something else, such as a Helm chart. */
  | 'not-an-image';

/** What a registry answered for a tag. */
export type Lookup =
  | { readonly kind: 'published'; readonly digest: Digest; readonly mediaType: string }
  | {
      readonly kind: 'failed';
      readonly reason: LookupFailure;
      /** One line for a person: which registry, what it answered, what to do. No secret in it. */
      readonly detail: string;
      /**
       * Access was denied although the credentials were not refused. A proxy or a new repository may do so for a while.
       */
      readonly isDenied?: true;
      /** How long the registry asked the helper to wait, in ms. */
      readonly retryAfterMs: number | null;
    };

/** The tags of a repository, without those that are attached to other images, or why they could not be listed. */
export type TagList =
  | { readonly kind: 'tags'; readonly tags: readonly string[] }
  | Extract<Lookup, { kind: 'failed' }>;

const PLAIN_TYPES: ReadonlySet<string> = new Set([
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
]);

/** Whether a manifest of this media type is a single image and not an index, so it has no members. */
export const isPlainManifest = (mediaType: string): boolean => PLAIN_TYPES.has(mediaType);

/** Whether a manifest or index has one of OCI's media types. */
export const isOci = (mediaType: string): boolean => mediaType.startsWith('application/vnd.oci.');

/** A platform as a manifest list names it. */
export type Platform = { readonly architecture: string; readonly os: string };

/** The content of the published manifest. Read only if digests differ. */
export type PublishedManifest = {
  /** The platform manifests of an index; empty for a plain image. */
  readonly members: readonly Digest[];
  /**
   * As the manifest names them, without `unknown` and duplicates. Empty if it names none: then any node may run it.
   * Null for a plain image, whose platform is only in its configuration.
   */
  readonly platforms: readonly Platform[] | null;
  /** The media type of what it holds instead of an image; null for an image or an index. */
  readonly artifact: string | null;
};

/** The `org.opencontainers.image.*` labels that tell people what a digest is. */
export type BuildFacts = {
  readonly version: string | null;
  readonly revision: string | null;
  readonly source: string | null;
  readonly created: string | null;
};
