import type { Digest } from '../../../core/image/digest.ts';
import type { ImageReference } from '../../../core/image/image-reference.ts';
import type { Ask } from './ask.ts';
import { pickEntry } from './build-facts.ts';
import type { ContentReader, InTurn } from './content.ts';
import { ACCEPT_MANIFESTS, contentPath, MOST_MANIFEST_BYTES } from './find-digest.ts';
import { RegistryError } from '../wire/registry-error.ts';

type Parts = { readonly ask: Ask; readonly inTurn: InTurn; readonly content: ContentReader };

type Wanted = { readonly kind: 'manifests' | 'blobs'; readonly digest: Digest };

/** An index in an index; no known image nests deeper than two. */
const DEEPEST = 4;

/** The blob storage behind a registry may refuse a HEAD although it would serve a GET. */
const isRefusedHead = (error: unknown, { kind }: Wanted): boolean =>
  kind === 'blobs' && error instanceof RegistryError && error.reason === 'sign-in-refused';

/** Throws {@link RegistryError} if the registry does not have it or does not answer. */
const require = (
  { ask, inTurn }: Parts,
  image: ImageReference,
  wanted: Wanted,
  caller: AbortSignal,
): Promise<void> =>
  inTurn(image.registry, caller, async (endpoint, limits) => {
    const { kind, digest } = wanted;
    const { repository } = image;
    const path = contentPath(repository, kind, digest);
    const accept = kind === 'manifests' ? ACCEPT_MANIFESTS : '*/*';
    const question = { path, repository, headers: { accept }, maxBytes: MOST_MANIFEST_BYTES };
    const statusOf = async (method: 'GET' | 'HEAD'): Promise<number> =>
      (await ask(endpoint, { ...question, method }, caller, limits)).status;
    try {
      if ((await statusOf('HEAD')) !== 404) return;
      // Some registries answer every HEAD for a manifest with 404.
      if (kind === 'manifests' && (await statusOf('GET')) !== 404) return;
    } catch (error) {
      if (isRefusedHead(error, wanted)) return;
      throw error;
    }
    const what = kind === 'manifests' ? 'the manifest' : 'the blob';
    const where = `${endpoint.name}/${repository}`;
    throw new RegistryError('tag-gone', `${where} does not have ${what} ${digest} (404)`);
  });

/**
 * Requests, with HEADs, what a node would pull first: the manifests down to one image, its configuration and its last
 * layer. Throws {@link RegistryError} if one of them is missing, or the caller's reason.
 */
export const probePull = async (
  parts: Parts,
  image: ImageReference,
  digest: Digest,
  caller: AbortSignal,
): Promise<'can-be-pulled'> => {
  let next = digest;
  for (let depth = 1; depth <= DEEPEST; depth += 1) {
    await require(parts, image, { kind: 'manifests', digest: next }, caller);
    const document = await parts.content.readDocument(image, next, caller);
    if (document.kind === 'image') {
      const blobs = [document.config, ...(document.lastLayer === null ? [] : [document.lastLayer])];
      for (const blob of blobs)
        await require(parts, image, { kind: 'blobs', digest: blob }, caller);
      break;
    }
    const entry = pickEntry(document.entries);
    if (entry === undefined) break;
    next = entry.digest;
  }
  return 'can-be-pulled';
};
