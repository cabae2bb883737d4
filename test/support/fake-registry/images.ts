import { createHash } from 'node:crypto';
import type { Digest } from '../../../src/core/image/digest.ts';

/** A manifest with all its content, as in a registry. */
export type FakeContent = {
  readonly mediaType: string;
  readonly bytes: Buffer;
  readonly digest: Digest;
  readonly blobs: ReadonlyMap<Digest, Buffer>;
  readonly children: readonly FakeContent[];
};

export type FakeForm = 'docker' | 'oci';

export const MEDIA_TYPES = {
  docker: {
    manifest: 'application/vnd.docker.distribution.manifest.v2+json',
    index: 'application/vnd.docker.distribution.manifest.list.v2+json',
    config: 'application/vnd.docker.container.image.v1+json',
    layer: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
  },
  oci: {
    manifest: 'application/vnd.oci.image.manifest.v1+json',
    index: 'application/vnd.oci.image.index.v1+json',
    config: 'application/vnd.oci.image.config.v1+json',
    layer: 'application/vnd.oci.image.layer.v1.tar+gzip',
  },
} as const;

export const digestOf = (bytes: Uint8Array | string): Digest =>
  `sha256:${createHash('sha256').update(bytes).digest('hex')}` as Digest;

const asContent = (
  mediaType: string,
  document: object,
  blobs: ReadonlyMap<Digest, Buffer>,
  children: readonly FakeContent[],
): FakeContent => {
  const bytes = Buffer.from(JSON.stringify(document, null, 2));
  return { mediaType, bytes, digest: digestOf(bytes), blobs, children };
};

/** A plain image. Different `text` gives a different digest, the same text the same digest. */
export const fakeImage = (
  text: string,
  options: {
    form?: FakeForm;
    architecture?: string;
    os?: string;
    labels?: Readonly<Record<string, string>>;
    annotations?: Readonly<Record<string, string>>;
    /** Instead of the default of the form. */
    layerType?: string;
    /** Media type of the configuration, instead of the default of the form. */
    configType?: string;
    /** Default: true. Some tools omit `mediaType` from a manifest, which OCI allows. */
    namesType?: boolean;
  } = {},
): FakeContent => {
  const types = MEDIA_TYPES[options.form ?? 'oci'];
  const layer = Buffer.from(`layer of ${text}`);
  const config = Buffer.from(
    JSON.stringify({
      architecture: options.architecture ?? 'amd64',
      os: options.os ?? 'linux',
      config: options.labels === undefined ? {} : { Labels: options.labels },
      rootfs: { type: 'layers', diff_ids: [digestOf(`diff of ${text}`)] },
      comment: text,
    }),
  );
  const document = {
    schemaVersion: 2,
    ...(options.namesType === false ? {} : { mediaType: types.manifest }),
    config: {
      mediaType: options.configType ?? types.config,
      digest: digestOf(config),
      size: config.length,
    },
    layers: [
      {
        mediaType: options.layerType ?? types.layer,
        digest: digestOf(layer),
        size: layer.length,
      },
    ],
    ...(options.annotations === undefined ? {} : { annotations: options.annotations }),
  };
  const blobs = new Map([
    [digestOf(config), config],
    [digestOf(layer), layer],
  ]);
  return asContent(types.manifest, document, blobs, []);
};

export type FakeMember = {
  readonly content: FakeContent;
  readonly platform?: { architecture: string; os: string; variant?: string };
  readonly annotations?: Readonly<Record<string, string>>;
};

/** A manifest list (`docker`) or image index (`oci`). Members can be indexes themselves. */
export const fakeIndex = (
  members: readonly FakeMember[],
  options: { form?: FakeForm; annotations?: Readonly<Record<string, string>> } = {},
): FakeContent => {
  const types = MEDIA_TYPES[options.form ?? 'oci'];
  const document = {
    schemaVersion: 2,
    mediaType: types.index,
    manifests: members.map(({ content, platform, annotations }) => ({
      mediaType: content.mediaType,
      digest: content.digest,
      size: content.bytes.length,
      ...(platform === undefined ? {} : { platform }),
      ...(annotations === undefined ? {} : { annotations }),
    })),
    ...(options.annotations === undefined ? {} : { annotations: options.annotations }),
  };
  return asContent(
    types.index,
    document,
    new Map(),
    members.map(({ content }) => content),
  );
};

/** The usual index with two platforms, `linux/amd64` first. */
export const fakeTwoPlatforms = (text: string, form: FakeForm = 'oci'): FakeContent =>
  fakeIndex(
    ['amd64', 'arm64'].map((architecture) => ({
      content: fakeImage(`${text} for ${architecture}`, { form, architecture }),
      platform: { architecture, os: 'linux' },
    })),
    { form },
  );
