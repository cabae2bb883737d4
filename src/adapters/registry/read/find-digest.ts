import { createHash } from 'node:crypto';
import { type Digest, parseDigest } from '../../../core/image/digest.ts';
import type { ImageReference } from '../../../core/image/image-reference.ts';
import type { Lookup } from '../../../core/image/published.ts';
import type { Ask, AskLimits } from './ask.ts';
import { startDeadline } from '../../exchange/deadline.ts';
import { createBoundedCache } from '../wire/bounded-cache.ts';
import {
  isSchema1Type,
  MANIFEST_TYPES,
  parseManifestDocument,
  plainMediaType,
  SCHEMA_1_PROBLEM,
} from './manifest-document.ts';
import type { Question } from '../sign-in/follow.ts';
import { RegistryError } from '../wire/registry-error.ts';
import type { Endpoint } from '../wire/registry-host.ts';
import type { Answer } from '../wire/exchange-once.ts';

export const MOST_MANIFEST_BYTES = 4 * 1024 * 1024;
export const ACCEPT_MANIFESTS = MANIFEST_TYPES.join(', ');

type Published = Extract<Lookup, { kind: 'published' }>;

/** Finds a tag's digest at one endpoint. Throws {@link RegistryError} or the caller's reason. */
export type FindDigestAt = (
  endpoint: Endpoint,
  image: ImageReference & { readonly tag: string },
  caller: AbortSignal,
  limits: AskLimits,
) => Promise<Published>;

/** Path of a manifest or blob of a repository. */
export const contentPath = (
  repository: string,
  kind: 'manifests' | 'blobs',
  reference: string,
): string =>
  `/v2/${repository.split('/').map(encodeURIComponent).join('/')}/${kind}/${encodeURIComponent(reference).replaceAll('%3A', ':')}`;

const LONGEST_ETAG = 256;

/** A strong ETag, which changes with every byte. Weak or overlong ones are ignored. */
const strongEtag = (answer: Answer): string | null => {
  const etag = answer.header('etag');
  return etag !== null && etag.startsWith('"') && etag.length <= LONGEST_ETAG ? etag : null;
};

const malformed = (endpoint: Endpoint, problem: string): RegistryError =>
  new RegistryError('malformed', `${endpoint.name} answered with ${problem}`);

/** Throws for every status without a manifest. */
const requireFound = (
  endpoint: Endpoint,
  image: ImageReference,
  { status, hint }: Answer,
): void => {
  const more = hint === undefined ? '' : `; ${hint}`;
  if (status === 404) {
    const what = image.tag === null ? image.repository : `${image.repository}:${image.tag}`;
    throw new RegistryError('tag-gone', `${endpoint.name} has no ${what} (404)${more}`);
  }
  if (status !== 200 && status !== 304) {
    throw malformed(endpoint, `status ${status}${more}`);
  }
};

/** The digest in the header, or null if there is no such header. */
const namedDigest = (endpoint: Endpoint, answer: Answer): Digest | null => {
  const text = answer.header('docker-content-digest');
  if (text === null) return null;
  // Proxies may send it twice. Two different digests count as none.
  const [only = '', ...others] = new Set(text.split(',').map((part) => part.trim()));
  const digest = others.length === 0 ? parseDigest(only) : null;
  if (digest === null) throw malformed(endpoint, 'an invalid digest');
  return digest;
};

/** Throws for manifest types that current engines do not run. */
const requirePresentType = (endpoint: Endpoint, answer: Answer): string => {
  const mediaType = plainMediaType(answer.header('content-type'));
  if (isSchema1Type(mediaType)) throw malformed(endpoint, SCHEMA_1_PROBLEM);
  return mediaType;
};

const onceOf = (limits: AskLimits): AskLimits => ({ ...limits, tries: 1 });

/**
 * Sends a HEAD request, which registries do not count as a pull. If the answer has no digest, or none of what a GET
 * returns (some registries do not know HEAD, or answer it as if nothing were there), the manifest is fetched and
 * hashed, once per ETag.
 */
export const createFindDigestAt = (ask: Ask): FindDigestAt => {
  /** Hosts whose last HEAD failed while a GET succeeded. Each lookup still tries a HEAD, but retries only the GET. */
  const headless = createBoundedCache<true>({ entries: 256 });

  /** The answer to a HEAD that found something; null if only a GET can tell. */
  const askHead = async (
    endpoint: Endpoint,
    question: Omit<Question, 'method'>,
    caller: AbortSignal,
    limits: AskLimits,
  ): Promise<Answer | null> => {
    try {
      const head = await ask(endpoint, { ...question, method: 'HEAD' }, caller, limits);
      return head.status === 200 ? head : null;
    } catch (error) {
      // A refused sign-in applies to every method.
      if (!(error instanceof RegistryError) || (error.status ?? 401) === 401) throw error;
      return null;
    }
  };

  const seen = createBoundedCache<{ etag: string; published: Published }>({ entries: 2_000 });

  return async (endpoint, image, caller, limits) => {
    const question = {
      path: contentPath(image.repository, 'manifests', image.tag),
      repository: image.repository,
      headers: { accept: ACCEPT_MANIFESTS },
      maxBytes: MOST_MANIFEST_BYTES,
    };
    const key = `${endpoint.name}/${image.repository}:${image.tag}`;
    const deadline = startDeadline(caller, limits.lookupMs);
    const isHeadless = headless.get(endpoint.name) === true;
    const head = await askHead(endpoint, question, caller, isHeadless ? onceOf(limits) : limits);
    if (head !== null) {
      headless.delete(endpoint.name);
      const mediaType = requirePresentType(endpoint, head);
      const digest = namedDigest(endpoint, head);
      if (digest !== null) return { kind: 'published', digest, mediaType };
      const known = seen.get(key);
      if (known !== undefined && known.etag === strongEtag(head)) return known.published;
    }

    const known = seen.get(key);
    const headers =
      known === undefined ? question.headers : { ...question.headers, 'if-none-match': known.etag };
    const left = { ...limits, lookupMs: deadline.remainingMs() };
    // A HEAD that brought nothing has had the retries, unless the host was known for that.
    const allowed = head === null && !isHeadless ? onceOf(left) : left;
    const answer = await ask(endpoint, { ...question, headers, method: 'GET' }, caller, allowed);
    requireFound(endpoint, image, answer);
    if (head === null) headless.set(endpoint.name, true);
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
