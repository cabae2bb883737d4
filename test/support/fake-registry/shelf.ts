import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { type Digest, parseDigest } from '../../../src/core/image/digest.ts';
import { digestOf, type FakeContent, MEDIA_TYPES } from './images.ts';
import { type Answer, registryError } from './sign-in.ts';

type Manifest = {
  readonly mediaType: string;
  readonly bytes: Buffer;
  readonly children?: readonly FakeContent[];
};
type Repository = { readonly tags: Map<string, Digest>; readonly manifests: Map<Digest, Manifest> };

export type Shelf = {
  readonly put: (repository: string, tag: string | null, content: FakeContent) => Digest;
  readonly point: (repository: string, tag: string, digest: Digest) => void;
  readonly removeTag: (repository: string, tag: string) => void;
  readonly answerManifest: (
    repository: string,
    reference: string,
    headers: IncomingHttpHeaders,
  ) => Answer;
  /** A page of the tags in order, with a link to the next page, like distribution from version 3 on. */
  readonly answerTags: (repository: string, query: URLSearchParams, most?: number) => Answer;
  readonly answerBlob: (digest: string) => Answer;
  readonly putManifest: (
    request: IncomingMessage,
    repository: string,
    reference: string,
  ) => Promise<Answer>;
};

/**
 * Like distribution: if a client accepts Docker manifests but no lists, the answer for a tag is the `linux/amd64`
 * manifest.
 */
const memberFor = (
  manifest: Manifest | undefined,
  { accept = '' }: IncomingHttpHeaders,
): FakeContent | null => {
  const { manifest: plain, index } = MEDIA_TYPES.docker;
  const isUnknown = manifest?.mediaType === index && !accept.includes(index);
  return isUnknown && accept.includes(plain) ? (manifest.children?.[0] ?? null) : null;
};

/** Repositories, tags, manifests and blobs, with the answers of distribution's registry. */
export const createShelf = (): Shelf => {
  const repositories = new Map<string, Repository>();
  const blobs = new Map<string, Buffer>();

  const repositoryNamed = (name: string): Repository => {
    const present = repositories.get(name);
    if (present !== undefined) return present;
    const made: Repository = { tags: new Map(), manifests: new Map() };
    repositories.set(name, made);
    return made;
  };

  const keep = (repository: Repository, content: FakeContent): void => {
    for (const child of content.children) keep(repository, child);
    for (const [digest, bytes] of content.blobs) blobs.set(digest, bytes);
    repository.manifests.set(content.digest, content);
  };

  return {
    put: (name, tag, content) => {
      const repository = repositoryNamed(name);
      keep(repository, content);
      if (tag !== null) repository.tags.set(tag, content.digest);
      return content.digest;
    },
    point: (name, tag, digest) => {
      repositoryNamed(name).tags.set(tag, digest);
    },
    removeTag: (name, tag) => {
      repositories.get(name)?.tags.delete(tag);
    },
    answerManifest: (name, reference, headers) => {
      const repository = repositories.get(name);
      if (repository === undefined) return registryError(404, 'NAME_UNKNOWN');
      const digest = parseDigest(reference) ?? repository.tags.get(reference);
      if (digest === undefined) return registryError(404, 'MANIFEST_UNKNOWN');
      const etag = `"${digest}"`;
      if (headers['if-none-match'] === etag) return { status: 304, headers: { etag }, body: '' };
      const manifest = repository.manifests.get(digest);
      const mediaType = manifest?.mediaType ?? MEDIA_TYPES.oci.manifest;
      const member = parseDigest(reference) === null ? memberFor(manifest, headers) : null;
      if (member !== null) {
        const { digest: found, mediaType: type, bytes } = member;
        const told = { 'content-type': type, 'docker-content-digest': found };
        return { status: 200, headers: told, body: bytes };
      }
      // Like distribution: a client that does not accept OCI types gets 404.
      const accepted = headers.accept ?? '';
      if (mediaType.includes('.oci.') && !accepted.includes(mediaType)) {
        return registryError(404, 'MANIFEST_UNKNOWN');
      }
      if (manifest === undefined && parseDigest(reference) !== null) {
        return registryError(404, 'MANIFEST_UNKNOWN');
      }
      return {
        status: 200,
        headers: { 'content-type': mediaType, 'docker-content-digest': digest, etag },
        body: manifest?.bytes ?? '',
      };
    },
    answerTags: (name, query, most = Number.POSITIVE_INFINITY) => {
      const repository = repositories.get(name);
      if (repository === undefined) return registryError(404, 'NAME_UNKNOWN');
      const last = query.get('last') ?? '';
      const rest = [...repository.tags.keys()].toSorted().filter((tag) => tag > last);
      const n = Math.min(Number(query.get('n') ?? rest.length), most);
      const tags = rest.slice(0, n);
      const next = `</v2/${name}/tags/list?last=${tags.at(-1) ?? ''}&n=${n}>; rel="next"`;
      return {
        status: 200,
        headers: { 'content-type': 'application/json', ...(rest.length > n ? { link: next } : {}) },
        body: JSON.stringify({ name, tags }),
      };
    },
    answerBlob: (digest) => {
      const bytes = blobs.get(digest);
      if (bytes === undefined) return registryError(404, 'BLOB_UNKNOWN');
      return {
        status: 200,
        headers: { 'content-type': 'application/octet-stream', 'docker-content-digest': digest },
        body: bytes,
      };
    },
    putManifest: async (request, name, reference) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const bytes = Buffer.concat(chunks);
      const digest = digestOf(bytes);
      const repository = repositoryNamed(name);
      const mediaType = request.headers['content-type'] ?? MEDIA_TYPES.oci.manifest;
      repository.manifests.set(digest, { mediaType, bytes });
      if (parseDigest(reference) === null) repository.tags.set(reference, digest);
      return { status: 201, headers: { 'docker-content-digest': digest }, body: '' };
    },
  };
};
