import { Pool } from 'undici';

/** What a bare script knows about a service: enough to post its spec with another digest. */
export type ListedService = {
  readonly ID: string;
  readonly Version: { readonly Index: number };
  readonly Spec: {
    readonly Name: string;
    readonly TaskTemplate: {
      readonly ContainerSpec: Readonly<Record<string, unknown>> & { readonly Image: string };
    } & Readonly<Record<string, unknown>>;
  } & Readonly<Record<string, unknown>>;
};

/** The minimum that does the same as the helper: no store, no checks, no memory. Its connections are warm. */
export type Redeployer = {
  readonly list: () => Promise<readonly ListedService[]>;
  /** The digest from the registry's answer to HEAD. */
  readonly head: (repository: string, tag: string) => Promise<string>;
  readonly update: (service: ListedService, image: string) => Promise<void>;
  readonly close: () => Promise<void>;
};

const ACCEPT = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ');

/** `engine` is `unix:///path` or `tcp://host:port`; `registry` is an HTTP origin. */
export const createRedeployer = (
  engine: string,
  registry: string,
  connections: number,
): Redeployer => {
  const engines = engine.startsWith('unix://')
    ? new Pool('http://engine', {
        connections,
        connect: { socketPath: engine.slice('unix://'.length) },
      })
    : new Pool(engine.replace(/^tcp:/, 'http:'), { connections });
  const registries = new Pool(registry, { connections });
  return {
    list: async () => {
      const answer = await engines.request({ method: 'GET', path: '/v1.41/services' });
      return (await answer.body.json()) as ListedService[];
    },
    head: async (repository, tag) => {
      const answer = await registries.request({
        method: 'HEAD',
        path: `/v2/${repository}/manifests/${tag}`,
        headers: { accept: ACCEPT },
        reset: false,
      });
      await answer.body.dump();
      if (answer.statusCode !== 200) throw new Error(`HEAD ${repository}: ${answer.statusCode}`);
      return String(answer.headers['docker-content-digest']);
    },
    update: async (service, image) => {
      const { Spec } = service;
      const { TaskTemplate } = Spec;
      const ContainerSpec = { ...TaskTemplate.ContainerSpec, Image: image };
      const answer = await engines.request({
        method: 'POST',
        path: `/v1.41/services/${service.ID}/update?version=${service.Version.Index}`,
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ ...Spec, TaskTemplate: { ...TaskTemplate, ContainerSpec } }),
      });
      const text = await answer.body.text();
      if (answer.statusCode !== 200) throw new Error(`update: ${answer.statusCode} ${text}`);
    },
    close: async () => {
      await Promise.all([engines.destroy(), registries.destroy()]);
    },
  };
};
