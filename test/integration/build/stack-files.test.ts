import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { loadConfig } from '../../../src/config/load-config.ts';
import { SENDERS } from '../../../src/intake/senders.ts';

type StackService = {
  readonly image: string;
  readonly user?: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly secrets?: readonly string[];
  readonly networks?: readonly string[];
  readonly ports?: readonly unknown[];
  readonly volumes: readonly (string | { readonly type: string; readonly target: string })[];
  readonly read_only: boolean;
  readonly cap_drop: readonly string[];
  readonly stop_grace_period?: string;
  readonly deploy: {
    readonly replicas: number;
    readonly labels?: Readonly<Record<string, string>>;
    readonly placement: { readonly constraints: readonly string[] };
    readonly update_config?: Readonly<Record<string, string>>;
    readonly resources: { readonly limits: Readonly<Record<string, string>> };
  };
};

type Stack = {
  readonly services: Readonly<Record<string, StackService>>;
  readonly networks?: Readonly<Record<string, { readonly internal?: boolean } | null>>;
  readonly secrets: Readonly<Record<string, { readonly external: boolean }>>;
};

/** The variables that each stack file says it must be given. */
const GIVEN: Readonly<Record<string, string>> = {
  CD_HELPER_IMAGE: 'registry.example/cd-helper:latest',
  DOCKER_GID: '999',
  CD_HELPER_PROXY_NETWORK: 'proxy',
};

/** Variables as the docker command fills them in; throws where one is asked for that is not given. */
const fillIn = (text: string): string =>
  text.replaceAll(/\$\{(\w+)(?::([-?])([^}]*))?\}/g, (_whole, name: string, kind, rest: string) => {
    const value = GIVEN[name] ?? (kind === '-' ? rest : undefined);
    if (value === undefined) throw new Error(`${name} is not given`);
    return value;
  });

const read = (file: string): Stack =>
  parse(fillIn(readFileSync(join(import.meta.dirname, '../../../deploy', file), 'utf8'))) as Stack;

const helperOf = (stack: Stack): StackService => {
  const helper = stack.services['cd-helper'];
  if (helper === undefined) throw new Error('no cd-helper');
  return helper;
};

describe.each(['stack.yml', 'stack.behind-proxy.yml', 'stack.plain.yml', 'stack.swarmpit.yml'])(
  'deploy/%s',
  (file) => {
    const stack = read(file);
    const helper = helperOf(stack);

    test('gives a configuration that the helper takes', () => {
      const mounted = new Map(
        (helper.secrets ?? []).map((name) => [
          `/run/secrets/${name}`,
          `${name}-0123456789abcdef\n`,
        ]),
      );
      const loaded = loadConfig({
        env: helper.environment,
        senders: SENDERS.map(({ name }) => name),
        readFile: (path) => {
          const content = mounted.get(path);
          if (content === undefined) throw new Error(`${path} is not mounted`);
          return content;
        },
      });
      if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems, null, 1));
      expect(loaded.config).toMatchObject({
        listen: { port: 8080 },
        store: { kind: 'sqlite', path: './data/cd-helper.db' },
        clusters: [
          {
            name: 'default',
            select: 'all',
            ...{
              'stack.yml': { type: 'engine', url: 'tcp://socket-proxy:2375' },
              'stack.behind-proxy.yml': { type: 'engine', url: 'tcp://socket-proxy:2375' },
              'stack.plain.yml': { type: 'engine', url: 'unix:///var/run/docker.sock' },
              'stack.swarmpit.yml': { type: 'swarmpit', url: 'http://app:8080' },
            }[file],
          },
        ],
      });
      expect(loaded.config.hooks.secrets).toHaveLength(1);
      expect(loaded.config.api.tokens).toMatchObject([{ role: 'operator' }]);
      expect(Object.keys(stack.secrets).toSorted()).toEqual(helper.secrets?.toSorted());
    });

    test('lets the engine replace the helper as the helper needs it', () => {
      expect(helper.deploy.update_config).toMatchObject({
        order: 'stop-first',
        failure_action: 'rollback',
      });
      expect(helper.deploy.replicas).toBe(1);
      expect(helper.stop_grace_period).toBe('30s');
      expect(helper.deploy.placement.constraints).toContain('node.labels.cd-helper == true');
      expect(helper.volumes).toContain('data:/data');
    });

    test('gives each service no more than it needs', () => {
      for (const [name, service] of Object.entries(stack.services)) {
        expect(service.read_only, name).toBe(true);
        expect(service.cap_drop, name).toEqual(['ALL']);
        expect(service.user ?? 'the user of the image', name).not.toMatch(/^(?:0|root)(?::|$)/);
        expect(service.deploy.resources.limits, name).toHaveProperty('memory');
      }
    });
  },
);

const hasSocket = ({ volumes }: StackService): boolean =>
  volumes.some((volume) => typeof volume === 'string' && volume.includes('docker.sock'));

test('deploy/stack.yml keeps the socket from whatever can be reached from outside', () => {
  const stack = read('stack.yml');
  const proxy = stack.services['socket-proxy'];
  expect(hasSocket(helperOf(stack))).toBe(false);
  expect(proxy !== undefined && hasSocket(proxy)).toBe(true);
  expect(proxy?.networks).toEqual(['engine']);
  expect(stack.networks?.['engine']).toMatchObject({ internal: true });
  // The helper would lose its way to the engine while it follows that very update.
  expect(proxy?.deploy.labels).toEqual({ 'cd-helper.enabled': 'false' });
});

test('deploy/stack.swarmpit.yml has no socket, and a helper that leaves itself alone', () => {
  const helper = helperOf(read('stack.swarmpit.yml'));
  expect(hasSocket(helper)).toBe(false);
  expect(helper.deploy.labels).toEqual({ 'cd-helper.enabled': 'false' });
});

test('deploy/stack.behind-proxy.yml is stack.yml on the network of a proxy, without a published port', () => {
  const proxied = read('stack.behind-proxy.yml');
  const { ports, networks: _, ...helper } = helperOf(read('stack.yml'));
  expect(ports).toHaveLength(1);
  expect(helperOf(proxied)).toEqual({ ...helper, networks: ['outside', 'proxy', 'engine'] });
  expect(proxied.services['socket-proxy']).toEqual(read('stack.yml').services['socket-proxy']);
  expect(proxied.networks).toEqual({
    ...read('stack.yml').networks,
    proxy: { external: true, name: 'proxy' },
  });
});
