import type { Digest } from '../../../core/image/digest.ts';
import type { ImageReference } from '../../../core/image/image-reference.ts';
import type { Platform, PublishedManifest } from '../../../core/image/published.ts';
import type { ContentReader } from './content.ts';
import type { ManifestDocument } from './manifest-document.ts';
import { RegistryError } from '../wire/registry-error.ts';

/**
 * Configuration types that the engine accepts for an image: the current ones, and those that registries once wrote by
 * mistake ({@link https://github.com/moby/moby/issues/22378}).
 */
const IMAGE_CONFIGS: ReadonlySet<string> = new Set([
  'application/vnd.oci.image.config.v1+json',
  'application/vnd.docker.container.image.v1+json',
  'application/octet-stream',
  'text/html',
  '',
]);

/** Nested indexes; no known image nests deeper than two. */
const DEEPEST = 4;
/** Indexes read for one digest. */
const MOST_INDEXES = 32;

const once = (platforms: readonly Platform[]): readonly Platform[] => [
  ...new Map(
    platforms.map((platform) => [`${platform.os}/${platform.architecture}`, platform]),
  ).values(),
];

type Found = { readonly members: Set<Digest>; readonly platforms: Platform[]; indexes: number };

/**
 * The platform of a plain image, which only its configuration names. If that cannot be read, the result is empty, as
 * in Docker's command line: it must not prevent a deployment.
 */
const platformOf = async (
  content: ContentReader,
  image: ImageReference,
  config: Digest,
  caller: AbortSignal,
): Promise<Platform | null> => {
  try {
    const { platform } = await content.readImageConfig(image, config, caller);
    return platform?.os === 'unknown' ? null : platform;
  } catch (error) {
    if (error instanceof RegistryError) return null;
    throw error;
  }
};

/** The content of a digest. Throws {@link RegistryError} or the caller's reason. */
export const readPublishedManifest = async (
  content: ContentReader,
  image: ImageReference,
  digest: Digest,
  caller: AbortSignal,
): Promise<PublishedManifest> => {
  const found: Found = { members: new Set(), platforms: [], indexes: 0 };

  const gather = async (document: ManifestDocument, depth: number): Promise<void> => {
    if (document.kind === 'image') return;
    found.indexes += 1;
    if (depth > DEEPEST || found.indexes > MOST_INDEXES) {
      throw new RegistryError(
        'malformed',
        `${image.registry}/${image.repository} has an index that holds too many others`,
      );
    }
    for (const entry of document.entries) {
      if (entry.isAttestation) continue;
      found.members.add(entry.digest);
      if (entry.platform !== null) found.platforms.push(entry.platform);
      if (entry.isIndex) {
        await gather(await content.readDocument(image, entry.digest, caller), depth + 1);
      }
    }
  };

  const document = await content.readDocument(image, digest, caller);
  await gather(document, 1);
  const platforms = document.kind === 'image' ? null : once(found.platforms);
  const artifact =
    document.kind === 'image' && !IMAGE_CONFIGS.has(document.configType)
      ? document.configType
      : null;
  return { members: [...found.members], platforms, artifact };
};

/** The platforms of a digest, even of a plain image. Throws {@link RegistryError} or the caller's reason. */
export const readPublishedPlatforms = async (
  content: ContentReader,
  image: ImageReference,
  digest: Digest,
  caller: AbortSignal,
): Promise<readonly Platform[]> => {
  const document = await content.readDocument(image, digest, caller);
  if (document.kind === 'image') {
    const platform = await platformOf(content, image, document.config, caller);
    return platform === null ? [] : [platform];
  }
  const { platforms } = await readPublishedManifest(content, image, digest, caller);
  return platforms ?? [];
};
