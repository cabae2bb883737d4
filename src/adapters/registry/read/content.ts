import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Digest } from '../../../core/image/digest.ts';
import type { ImageReference } from '../../../core/image/image-reference.ts';
import type { Platform } from '../../../core/image/published.ts';
import type { Ask, AskLimits } from './ask.ts';
import { createBoundedCache } from '../wire/bounded-cache.ts';
import { ACCEPT_MANIFESTS, contentPath, MOST_MANIFEST_BYTES } from './find-digest.ts';
import { type ManifestDocument, parseManifestDocument } from './manifest-document.ts';
import { RegistryError } from '../wire/registry-error.ts';
import type { Endpoint } from '../wire/registry-host.ts';
import { createSharedWork } from '../wire/shared-work.ts';
import { parseAnswer } from '../wire/parse-answer.ts';

/** The parts of an image's configuration that matter here. */
export type ImageConfig = {
  readonly platform: Platform | null;
  readonly labels: Readonly<Record<string, string>>;
};

/**
 * Reads content by its digest. Such content never changes, so it is read once, verified, and cached while there is
 * room.
 */
export type ContentReader = {
  readonly readDocument: (
    image: ImageReference,
    digest: Digest,
    caller: AbortSignal,
  ) => Promise<ManifestDocument>;
  readonly readImageConfig: (
    image: ImageReference,
    digest: Digest,
    caller: AbortSignal,
  ) => Promise<ImageConfig>;
};

const MOST_CONFIG_BYTES = 4 * 1024 * 1024;
/** Limit of the cache, by the bytes that were read. */
const MOST_KEPT_BYTES = 16 * 1024 * 1024;

const Config = z.object({
  architecture: z.string().catch(''),
  os: z.string().catch(''),
  config: z
    .object({ Labels: z.record(z.string(), z.string()).nullish().catch(null) })
    .nullish()
    .catch(null),
});

const parseConfig = (bytes: Buffer): ImageConfig | null => {
  let json: unknown;
  try {
    json = parseAnswer(bytes);
  } catch {
    return null;
  }
  const parsed = Config.safeParse(json);
  if (!parsed.success) return null;
  const { architecture, os, config } = parsed.data;
  const platform = architecture === '' && os === '' ? null : { architecture, os };
  return { platform, labels: config?.Labels ?? {} };
};

const hashOf = (digest: Digest, bytes: Buffer): string => {
  const algorithm = digest.slice(0, digest.indexOf(':'));
  return `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`;
};

/** Asks the mirrors and the registry in order. If all fail, throws the last one's failure. */
export type InTurn = <T>(
  host: string,
  caller: AbortSignal,
  work: (endpoint: Endpoint, limits: AskLimits) => Promise<T>,
) => Promise<T>;

export const createContentReader = (parts: {
  ask: Ask;
  inTurn: InTurn;
  closed: AbortSignal;
}): ContentReader => {
  const { ask, inTurn, closed } = parts;
  const documents = createBoundedCache<ManifestDocument>({
    entries: 2_000,
    weight: MOST_KEPT_BYTES,
  });
  const configs = createBoundedCache<ImageConfig>({ entries: 2_000, weight: MOST_KEPT_BYTES });
  const shareDocument = createSharedWork<ManifestDocument>();
  const shareConfig = createSharedWork<ImageConfig>();

  const fetchBytes = (
    image: ImageReference,
    kind: 'manifests' | 'blobs',
    digest: Digest,
  ): Promise<Buffer> =>
    inTurn(image.registry, closed, async (endpoint, limits) => {
      const question = {
        method: 'GET' as const,
        path: contentPath(image.repository, kind, digest),
        repository: image.repository,
        headers: { accept: kind === 'manifests' ? ACCEPT_MANIFESTS : '*/*' },
        maxBytes: kind === 'manifests' ? MOST_MANIFEST_BYTES : MOST_CONFIG_BYTES,
      };
      const { status, body } = await ask(endpoint, question, closed, limits);
      const where = `${endpoint.name}/${image.repository}`;
      if (status === 404) throw new RegistryError('tag-gone', `${where} no longer has ${digest}`);
      if (status !== 200) {
        throw new RegistryError('malformed', `${endpoint.name} answered with status ${status}`);
      }
      if (hashOf(digest, body) !== digest) {
        throw new RegistryError(
          'malformed',
          `${where} returned content that does not match ${digest}`,
        );
      }
      return body;
    });

  const fetchDocument = async (
    image: ImageReference,
    digest: Digest,
  ): Promise<ManifestDocument> => {
    const bytes = await fetchBytes(image, 'manifests', digest);
    const parsed = parseManifestDocument(bytes);
    if (!parsed.ok) {
      throw new RegistryError('malformed', `${image.registry} answered with ${parsed.problem}`);
    }
    documents.set(digest, parsed.document, bytes.length);
    return parsed.document;
  };

  const fetchConfig = async (image: ImageReference, digest: Digest): Promise<ImageConfig> => {
    const bytes = await fetchBytes(image, 'blobs', digest);
    const config = parseConfig(bytes);
    if (config === null) {
      throw new RegistryError(
        'malformed',
        `${image.registry} has an image without a configuration`,
      );
    }
    configs.set(digest, config, bytes.length);
    return config;
  };

  return {
    readDocument: async (image, digest, caller) =>
      documents.get(digest) ?? shareDocument(digest, () => fetchDocument(image, digest), caller),
    readImageConfig: async (image, digest, caller) =>
      configs.get(digest) ?? shareConfig(digest, () => fetchConfig(image, digest), caller),
  };
};
