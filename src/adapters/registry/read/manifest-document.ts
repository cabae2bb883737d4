import { z } from 'zod';
import { type Digest, parseDigest } from '../../../core/image/digest.ts';
import type { Platform } from '../../../core/image/published.ts';
import { parseAnswer } from '../wire/parse-answer.ts';

export type IndexEntry = {
  readonly digest: Digest;
  readonly isIndex: boolean;
  /** Null if the entry names no platform or an unknown one, as provenance does. */
  readonly platform: Platform | null;
  readonly annotations: Readonly<Record<string, string>>;
  /** Provenance and similar entries, which cannot run. */
  readonly isAttestation: boolean;
};

/** The parts of a manifest that matter for a deployment. */
export type ManifestDocument =
  | {
      readonly kind: 'index';
      readonly entries: readonly IndexEntry[];
      readonly annotations: Readonly<Record<string, string>>;
    }
  | {
      readonly kind: 'image';
      readonly config: Digest;
      /** Media type of the configuration. It distinguishes an image from a Helm chart and the like. */
      readonly configType: string;
      /** Null if there is no readable layer. */
      readonly lastLayer: Digest | null;
      readonly annotations: Readonly<Record<string, string>>;
    };

export type ParsedManifest =
  | { readonly ok: true; readonly document: ManifestDocument }
  | { readonly ok: false; readonly problem: string };

export const MANIFEST_TYPES = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
] as const;

const INDEX_TYPES: ReadonlySet<string> = new Set(MANIFEST_TYPES.slice(0, 2));

/** Without parameters and in lower case: `application/json; charset=utf-8` becomes `application/json`. */
export const plainMediaType = (contentType: string | null): string =>
  (contentType ?? '').split(';', 1).join('').trim().toLowerCase();

/** Whether it is a manifest of schema 1, signed or unsigned. */
export const isSchema1Type = (mediaType: string): boolean =>
  mediaType.startsWith('application/vnd.docker.distribution.manifest.v1+');

export const SCHEMA_1_PROBLEM =
  'an image manifest of version 1, which has been withdrawn; push the image again with a present-day tool';

const MOST_ENTRIES = 1_000;

const digest = z.string().transform((text, context): Digest => {
  const parsed = parseDigest(text);
  if (parsed !== null) return parsed;
  context.addIssue('no digest');
  return z.NEVER;
});
const annotations = z
  .record(z.string(), z.string())
  .nullish()
  .transform((value) => value ?? {});
const Descriptor = z.object({ mediaType: z.string().default(''), digest });

const Entry = Descriptor.extend({
  platform: z.object({ architecture: z.string(), os: z.string() }).nullish().catch(null),
  annotations,
});
const Index = z.object({ manifests: z.array(Entry).max(MOST_ENTRIES), annotations });
const Image = z.object({
  config: Descriptor,
  layers: z.array(Descriptor).catch([]).default([]),
  annotations,
});
const Shape = z.object({
  schemaVersion: z.number(),
  manifests: z.unknown().optional(),
  config: z.unknown().optional(),
  layers: z.unknown().optional(),
});

const toEntry = (entry: z.infer<typeof Entry>): IndexEntry => {
  const { platform } = entry;
  const isKnown = platform !== null && platform !== undefined && platform.os !== 'unknown';
  const isUnknown = platform?.os === 'unknown' || platform?.architecture === 'unknown';
  return {
    digest: entry.digest,
    isIndex: INDEX_TYPES.has(entry.mediaType),
    platform:
      isKnown && !isUnknown ? { architecture: platform.architecture, os: platform.os } : null,
    annotations: entry.annotations,
    isAttestation: isUnknown || 'vnd.docker.reference.type' in entry.annotations,
  };
};

const refuse = (problem: string): ParsedManifest => ({ ok: false, problem });

/** Parses a manifest of any current format by its content. For other content, it says in words what is wrong. */
export const parseManifestDocument = (bytes: Buffer): ParsedManifest => {
  let json: unknown;
  try {
    json = parseAnswer(bytes);
  } catch {
    return refuse('something that is not JSON');
  }
  const shape = Shape.safeParse(json);
  if (!shape.success) return refuse('something that is not a manifest');
  const { schemaVersion, manifests, config, layers } = shape.data;
  if (schemaVersion === 1) return refuse(SCHEMA_1_PROBLEM);
  if (manifests !== undefined && (config !== undefined || layers !== undefined)) {
    return refuse('a manifest that is both an index and an image');
  }
  if (manifests === undefined) {
    const image = Image.safeParse(json);
    if (!image.success) return refuse('something that is not a manifest');
    const { config: descriptor, layers: below, annotations: notes } = image.data;
    return {
      ok: true,
      document: {
        kind: 'image',
        config: descriptor.digest,
        configType: descriptor.mediaType,
        lastLayer: below.at(-1)?.digest ?? null,
        annotations: notes,
      },
    };
  }
  const index = Index.safeParse(json);
  if (!index.success) return refuse('an index with invalid members, or with too many');
  const entries = index.data.manifests.map(toEntry);
  return { ok: true, document: { kind: 'index', entries, annotations: index.data.annotations } };
};
