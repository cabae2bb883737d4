import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { type Digest, parseDigest } from '../../src/core/image/digest.ts';
import { ARCHITECTURES, type Architecture, programFile } from './program.ts';
import type { Sample } from './sample.ts';
import { tarOfProgram } from './tar.ts';

export type Manifest = {
  readonly digest: Digest;
  readonly mediaType: string;
  readonly bytes: Buffer;
};

/** Everything to push to a registry: blobs first, then the members, then the manifest of the tag. */
export type BuiltImage = {
  readonly blobs: readonly { readonly digest: Digest; readonly bytes: Buffer }[];
  /** The platform manifests of an index, in its order; empty for a plain image. */
  readonly members: readonly Manifest[];
  readonly manifest: Manifest;
};

const MEDIA_TYPES = {
  docker: {
    index: 'application/vnd.docker.distribution.manifest.list.v2+json',
    manifest: 'application/vnd.docker.distribution.manifest.v2+json',
    config: 'application/vnd.docker.container.image.v1+json',
    layer: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
  },
  oci: {
    index: 'application/vnd.oci.image.index.v1+json',
    manifest: 'application/vnd.oci.image.manifest.v1+json',
    config: 'application/vnd.oci.image.config.v1+json',
    layer: 'application/vnd.oci.image.layer.v1.tar+gzip',
  },
} as const;

const digestOf = (bytes: Buffer): Digest => {
  const digest = parseDigest(`sha256:${createHash('sha256').update(bytes).digest('hex')}`);
  if (digest === null) throw new Error('a SHA-256 is always a digest');
  return digest;
};

const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

const CREATED = '2026-01-02T03:04:05Z';
const SOURCE = 'https://git.example/acme/sample';
const SECOND_IN_NS = 1_000_000_000;

const configOf = (sample: Sample, architecture: Architecture, diffId: Digest) => ({
  architecture,
  os: 'linux',
  created: CREATED,
  config: {
    Entrypoint: ['/sample'],
    Env: [`SAMPLE_VERSION=${sample.version}`],
    ...(sample.health === 'none'
      ? {}
      : {
          Healthcheck: {
            Test: ['CMD', '/sample', 'health'],
            Interval: SECOND_IN_NS,
            Timeout: 5 * SECOND_IN_NS,
            Retries: 2,
          },
        }),
    Labels: {
      'org.opencontainers.image.version': sample.version,
      'org.opencontainers.image.revision': createHash('sha1').update(sample.version).digest('hex'),
      'org.opencontainers.image.source': SOURCE,
      'org.opencontainers.image.created': CREATED,
      // The engine identifies an image by its configuration, so different versions need different configurations.
      'sample.form': `${sample.form} ${sample.shape}`,
    },
  },
  rootfs: { type: 'layers', diff_ids: [diffId] },
  history: [{ created: CREATED, created_by: 'COPY sample /sample' }],
});

const descriptor = (mediaType: string, bytes: Buffer) => ({
  mediaType,
  size: bytes.length,
  digest: digestOf(bytes),
});

const buildPlatform = (sample: Sample, architecture: Architecture) => {
  const types = MEDIA_TYPES[sample.form];
  const healthExitCode = sample.health === 'failing' ? 1 : 0;
  const { behaviour, stopExitCode } = sample;
  const program = programFile(architecture, { behaviour, healthExitCode, stopExitCode });
  const tar = tarOfProgram('sample', program);
  const layer = gzipSync(tar);
  const config = json(configOf(sample, architecture, digestOf(tar)));
  const bytes = json({
    schemaVersion: 2,
    mediaType: types.manifest,
    config: descriptor(types.config, config),
    layers: [descriptor(types.layer, layer)],
  });
  const manifest = { digest: digestOf(bytes), mediaType: types.manifest, bytes };
  const blobs = [config, layer].map((blob) => ({ digest: digestOf(blob), bytes: blob }));
  return { manifest, blobs, platform: { architecture, os: 'linux' }, annotations: {} };
};

/** What buildx adds to an index for each platform: a manifest with platform unknown/unknown that cannot run. */
const buildAttestation = (attested: Manifest) => {
  const types = MEDIA_TYPES.oci;
  const statement = json({
    _type: 'https://in-toto.io/Statement/v0.1',
    subject: [{ name: '_', digest: { sha256: attested.digest.slice('sha256:'.length) } }],
  });
  const config = json({ architecture: 'unknown', os: 'unknown', config: {} });
  const bytes = json({
    schemaVersion: 2,
    mediaType: types.manifest,
    config: descriptor(types.config, config),
    layers: [descriptor('application/vnd.in-toto+json', statement)],
  });
  const manifest = { digest: digestOf(bytes), mediaType: types.manifest, bytes };
  const blobs = [config, statement].map((blob) => ({ digest: digestOf(blob), bytes: blob }));
  return {
    manifest,
    blobs,
    platform: { architecture: 'unknown', os: 'unknown' },
    annotations: {
      'vnd.docker.reference.type': 'attestation-manifest',
      'vnd.docker.reference.digest': attested.digest,
    },
  };
};

const OWN: Architecture = process.arch === 'arm64' ? 'arm64' : 'amd64';
const OTHER: Architecture = OWN === 'amd64' ? 'arm64' : 'amd64';

/** Builds a version of the sample image. The same version always has the same digests. */
export const buildSample = (sample: Sample): BuiltImage => {
  if (sample.shape === 'manifest') {
    const { manifest, blobs } = buildPlatform(sample, sample.isForeign ? OTHER : OWN);
    return { blobs, members: [], manifest };
  }
  const built = sample.isForeign ? [OTHER] : ARCHITECTURES;
  const platforms = built.map((architecture) => buildPlatform(sample, architecture));
  const attestations = platforms.map(({ manifest }) => buildAttestation(manifest));
  const parts = sample.form === 'oci' ? [...platforms, ...attestations] : platforms;
  const mediaType = MEDIA_TYPES[sample.form].index;
  const bytes = json({
    schemaVersion: 2,
    mediaType,
    manifests: parts.map(({ manifest, platform, annotations }) => ({
      ...descriptor(manifest.mediaType, manifest.bytes),
      platform,
      ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
    })),
  });
  return {
    blobs: parts.flatMap(({ blobs }) => blobs),
    members: parts.map(({ manifest }) => manifest),
    manifest: { digest: digestOf(bytes), mediaType, bytes },
  };
};
