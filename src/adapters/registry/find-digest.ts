import { createHash } from 'node:crypto';
import { type Digest, parseDigest } from '../../core/digest.ts';
import type { ImageReference } from '../../core/image-reference.ts';
import type { LookUp } from '../../core/published.ts';
import type { Ask, AskSettings } from './ask.ts';
import { createBoundedCache } from './bounded-cache.ts';
import {
  isSchema1Type,
  MANIFEST_TYPES,
  parseManifestDocument,
  plainMediaType,
  SCHEMA_1_PROBLEM,
} from './manifest-document.ts';
import { RegistryError } from './registry-error.ts';
import type { Endpoint } from './registry-host.ts';
import type { Answer } from './exchange-once.ts';

export const MOST_MANIFEST_BYTES = 4 * 1024 * 1024;
export const ACCEPT_MANIFESTS = MANIFEST_TYPES.join(', ');

type Published = Extract<LookUp, { kind: 'published' }>;

/** Finds a tag's digest at one endpoint; throws {@link RegistryError} or the caller's reason. */
export type FindDigestAt = (
  endpoint: Endpoint,
  image: ImageReference & { readonly tag: string },
  caller: AbortSignal,
  limits?: Partial<AskSettings>,
) => Promise<Published>;

/** Path of a repository's manifest or blob. */
export const contentPath = (
  repository: string,
  kind: 'manifests' | 'blobs',
  reference: string,
): string =>
  `/v2/${repository.split('/').map(encodeURIComponent).join('/')}/${kind}/${encodeURIComponent(reference).replaceAll('%3A', ':')}`;

const LONGEST_ETAG = 256;

/** A strong one, which changes with every byte; weak ones and what is too long say nothing. */
const strongEtag = (answer: Answer): string | null => {
  const etag = answer.header('etag');
  return etag !== null && etag.startsWith('"') && etag.length <= LONGEST_ETAG ? etag : null;
};

const malformed = (endpoint: Endpoint, problem: string): RegistryError =>
  new RegistryError('malformed', `${endpoint.name} answered with ${problem}`);

/** Throws for every status that brings no manifest. */
const requireFound = (endpoint: Endpoint, image: ImageReference, { status }: Answer): void => {
  if (status === 404) {
    const what = image.tag === null ? image.repository : `${image.repository}:${image.tag}`;
    throw new RegistryError('tag-gone', `${endpoint.name} has no ${what} (404)`);
  }
  if (status !== 200 && status !== 304) {
    const advice = endpoint.scheme === 'http' && status === 400 ? '; perhaps it wants HTTPS' : '';
    throw malformed(endpoint, `status ${status}${advice}`);
  }
};

/** The digest that a header names, or null where there is none. */
const namedDigest = (endpoint: Endpoint, answer: Answer): Digest | null => {
  const text = answer.header('docker-content-digest');
  if (text === null) return null;
  const digest = parseDigest(text);
  if (digest === null) throw malformed(endpoint, 'a digest that is none');
  return digest;
};

/** Refuses manifests that say by their type that no engine runs them any more. */
const requirePresentType = (endpoint: Endpoint, answer: Answer): string => {
  const mediaType = plainMediaType(answer.header('content-type'));
  if (isSchema1Type(mediaType)) throw malformed(endpoint, SCHEMA_1_PROBLEM);
  return mediaType;
};

/**
 * A HEAD, which registries do not count as a pull. Where it brings no digest, the manifest is fetched
 * and hashed, once for each ETag.
 */
export const createFindDigestAt = (ask: Ask): FindDigestAt => {
  const seen = createBoundedCache<{ etag: string; published: Published }>({ entries: 2_000 });

  return async (endpoint, image, caller, limits) => {
    const question = {
      path: contentPath(image.repository, 'manifests', image.tag),
      repository: image.repository,
      headers: { accept: ACCEPT_MANIFESTS },
      maxBytes: MOST_MANIFEST_BYTES,
    };
    const head = await ask(endpoint, { ...question, method: 'HEAD' }, caller, limits);
    const key = `${endpoint.name}/${image.repository}:${image.tag}`;
    if (head.status !== 405 && head.status !== 501) {
      requireFound(endpoint, image, head);
      const mediaType = requirePresentType(endpoint, head);
      const digest = namedDigest(endpoint, head);
      if (digest !== null) return { kind: 'published', digest, mediaType };
      const known = seen.get(key);
      if (known !== undefined && known.etag === strongEtag(head)) return known.published;
    }

    const known = seen.get(key);
    const headers =
      known === undefined ? question.headers : { ...question.headers, 'if-none-match': known.etag };
    const answer = await ask(endpoint, { ...question, headers, method: 'GET' }, caller, limits);
    requireFound(endpoint, image, answer);
    if (answer.status === 304) {
      if (known !== undefined) return known.published;
      throw malformed(endpoint, 'status 304, which was not asked for');
    }
    const mediaType = requirePresentType(endpoint, answer);
    const parsed = parseManifestDocument(answer.body);
    if (!parsed.ok) throw malformed(endpoint, parsed.problem);
    const digest = `sha256:${createHash('sha256').update(answer.body).digest('hex')}` as Digest;
    const named = namedDigest(endpoint, answer);
    if (named?.startsWith('sha256:') === true && named !== digest) {
      throw malformed(endpoint, 'a manifest that is not the one that its digest names');
    }
    const published: Published = { kind: 'published', digest, mediaType };
    const etag = strongEtag(answer);
    if (etag !== null) seen.set(key, { etag, published });
    return published;
  };
};
