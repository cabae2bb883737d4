import { Pool } from 'undici';
import type { Digest } from '../../src/core/image/digest.ts';
import { type BuiltImage, buildSample, type Manifest } from '../image/build.ts';
import type { Sample } from '../image/sample.ts';

export type PushedImage = {
  /** The published digest of the tag. */
  readonly digest: Digest;
  readonly mediaType: string;
  /** Digests of the platform manifests of an index; empty for a plain image. */
  readonly members: readonly Digest[];
};

export type Pusher = {
  /** Pushes a version of the sample image: missing blobs and members, then the tag. */
  readonly pushImage: (repository: string, tag: string, sample: Sample) => Promise<PushedImage>;
  /** Uploads a version without a tag, so that a test can time {@link moveTag} alone. */
  readonly uploadImage: (repository: string, sample: Sample) => Promise<PushedImage>;
  /** Points a tag at a manifest that is already in the repository: one request of a few milliseconds. */
  readonly moveTag: (repository: string, tag: string, digest: Digest) => Promise<void>;
  /** Deletes the manifest, and with it every tag that points at it. */
  readonly deleteManifest: (repository: string, digest: Digest) => Promise<void>;
  readonly close: () => Promise<void>;
};

export type PusherOptions = {
  readonly url: string;
  /** Sent with each request, for registries that require credentials. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Certificate authority of a registry with TLS, as PEM. */
  readonly ca?: string;
};

const DEADLINE_MS = 15_000;
const CONNECTIONS = 8;
const ACCEPT = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ');

/** Uses distribution's push protocol, without a docker command. */
export const createPusher = ({ url, headers = {}, ca }: PusherOptions): Pusher => {
  const pool = new Pool(url, {
    connections: CONNECTIONS,
    ...(ca === undefined ? {} : { connect: { ca } }),
  });
  const uploaded = new Set<string>();
  const manifests = new Map<string, Manifest>();

  const send = async (
    method: 'POST' | 'PUT' | 'DELETE',
    path: string,
    content?: { type: string; bytes: Buffer },
  ): Promise<string> => {
    const answer = await pool.request({
      method,
      path,
      body: content?.bytes ?? null,
      headers: { ...headers, ...(content === undefined ? {} : { 'content-type': content.type }) },
      signal: AbortSignal.timeout(DEADLINE_MS),
    });
    const text = await answer.body.text();
    if (answer.statusCode >= 300) {
      throw new Error(`${method} ${path}: ${answer.statusCode} ${text.slice(0, 500)}`);
    }
    const location = answer.headers['location'];
    return typeof location === 'string' ? location : '';
  };

  const putBlob = async (repository: string, digest: Digest, bytes: Buffer): Promise<void> => {
    const key = `${repository}@${digest}`;
    if (uploaded.has(key)) return;
    const location = new URL(await send('POST', `/v2/${repository}/blobs/uploads/`), url);
    location.searchParams.set('digest', digest);
    const path = `${location.pathname}${location.search}`;
    await send('PUT', path, { type: 'application/octet-stream', bytes });
    uploaded.add(key);
  };

  const putManifest = async (
    repository: string,
    name: string,
    manifest: Manifest,
  ): Promise<void> => {
    const path = `/v2/${repository}/manifests/${name}`;
    await send('PUT', path, { type: manifest.mediaType, bytes: manifest.bytes });
    manifests.set(`${repository}@${manifest.digest}`, manifest);
  };

  /** Uploads everything except the manifest of the tag. */
  const putParts = async (repository: string, image: BuiltImage): Promise<void> => {
    await Promise.all(image.blobs.map(({ digest, bytes }) => putBlob(repository, digest, bytes)));
    const missing = image.members.filter(({ digest }) => !manifests.has(`${repository}@${digest}`));
    await Promise.all(missing.map((member) => putManifest(repository, member.digest, member)));
  };

  const pushedFrom = ({ manifest, members }: BuiltImage): PushedImage => ({
    digest: manifest.digest,
    mediaType: manifest.mediaType,
    members: members.map(({ digest }) => digest),
  });

  const put = async (repository: string, name: string | null, sample: Sample) => {
    const image = buildSample(sample);
    await putParts(repository, image);
    await putManifest(repository, name ?? image.manifest.digest, image.manifest);
    return pushedFrom(image);
  };

  const fetchManifest = async (repository: string, digest: Digest): Promise<Manifest> => {
    const answer = await pool.request({
      method: 'GET',
      path: `/v2/${repository}/manifests/${digest}`,
      headers: { ...headers, accept: ACCEPT },
      signal: AbortSignal.timeout(DEADLINE_MS),
    });
    const bytes = Buffer.from(await answer.body.arrayBuffer());
    if (answer.statusCode !== 200) {
      throw new Error(`no manifest ${digest} in ${repository}: ${answer.statusCode}`);
    }
    return { digest, mediaType: String(answer.headers['content-type']), bytes };
  };

  return {
    pushImage: put,
    uploadImage: (repository, sample) => put(repository, null, sample),
    moveTag: async (repository, tag, digest) => {
      const manifest =
        manifests.get(`${repository}@${digest}`) ?? (await fetchManifest(repository, digest));
      await putManifest(repository, tag, manifest);
    },
    deleteManifest: async (repository, digest) => {
      await send('DELETE', `/v2/${repository}/manifests/${digest}`);
      manifests.delete(`${repository}@${digest}`);
    },
    close: () => pool.destroy(),
  };
};
