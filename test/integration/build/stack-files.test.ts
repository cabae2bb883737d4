import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { loadConfig } from '../../../src/config/load-config.ts';
import { SENDERS } from '../../../src/intake/senders.ts';

type StackService = {
  readonly image: string;
  readonly user?: string;
  readonly hostname?: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly secrets?: readonly string[];
  readonly networks?: readonly string[];
  readonly ports?: readonly unknown[];
  readonly volumes: readonly (string | { readonly type: string; readonly target: string })[];
  readonly read_only: boolean;
  readonly cap_drop: readonly string[];
  readonly stop_grace_period?: string;
  readonly deploy: {
    readonly mode?: string;
    readonly replicas?: number;
    readonly labels?: Readonly<Record<string, string>>;
    readonly placement: {
      readonly constraints: readonly string[];
      readonly max_replicas_per_node?: number;
    };
    readonly update_config?: Readonly<Record<string, string | number>>;
    readonly rollback_config?: Readonly<Record<string, string | number>>;
    readonly resources: { readonly limits: Readonly<Record<string, string>> };
  };
};

type Stack = {
  readonly services: Readonly<Record<string, StackService>>;
  readonly networks?: Readonly<
    Record<
      string,
      { readonly internal?: boolean; readonly driver_opts?: { readonly encrypted?: string } } | null
    >
  >;
  readonly volumes?: Readonly<Record<string, unknown>>;
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

/** What a secret holds. */
const valueOf = (secret: string): string =>
  secret === 'cd-helper-store'
    ? 'postgres://cd:password@db.example/helper\n'
    : `${secret}-0123456789abcdef\n`;

const SQLITE = { kind: 'sqlite', path: './data/cd-helper.db' };
const POSTGRES = {
  kind: 'postgres',
  address: { hosts: [{ host: 'db.example' }], tls: { mode: 'verify-full' } },
};
const BY_PROXY = { type: 'engine', url: 'tcp://socket-proxy:2375' };

describe.each([
  { file: 'stack.yml', store: SQLITE, cluster: BY_PROXY },
  { file: 'stack.behind-proxy.yml', store: SQLITE, cluster: BY_PROXY },
  { file: 'stack.ha.yml', store: POSTGRES, cluster: BY_PROXY },
  {
    file: 'stack.plain.yml',
    store: SQLITE,
    cluster: { type: 'engine', url: 'unix:///var/run/docker.sock' },
  },
  {
    file: 'stack.swarmpit.yml',
    store: SQLITE,
    cluster: { type: 'swarmpit', url: 'http://app:8080' },
  },
])('deploy/$file', ({ file, store, cluster }) => {
  const stack = read(file);
  const helper = helperOf(stack);

  test('gives a configuration that the helper takes', () => {
    const mounted = new Map(
      (helper.secrets ?? []).map((name) => [`/run/secrets/${name}`, valueOf(name)]),
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
      store,
      clusters: [{ name: 'default', select: 'all', ...cluster }],
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
    expect(helper.deploy.rollback_config).toMatchObject({ order: 'stop-first' });
    expect(helper.stop_grace_period).toBe('30s');
    expect(helper.deploy.placement.constraints).toContain('node.labels.cd-helper == true');
  });

  test('runs one helper on a file, and several only on a database', () => {
    const onFile = store === SQLITE;
    expect(helper.deploy.replicas).toBe(onFile ? 1 : 3);
    // One keeps its store there; the others what would be in the way in memory, such as a backup.
    const volume = onFile ? 'data' : 'temporary';
    expect(helper.volumes).toContain(`${volume}:/data`);
    expect(Object.keys(stack.volumes ?? {})).toEqual([volume]);
  });

  test('gives each service no more than it needs', () => {
    for (const [name, service] of Object.entries(stack.services)) {
      expect(service.read_only, name).toBe(true);
      expect(service.cap_drop, name).toEqual(['ALL']);
      expect(service.user ?? 'the user of the image', name).not.toMatch(/^(?:0|root)(?::|$)/);
      expect(service.deploy.resources.limits, name).toHaveProperty('memory');
    }
  });
});

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

test('deploy/stack.ha.yml is stack.yml with an instance on each of several managers', () => {
  const several = read('stack.ha.yml');
  const one = read('stack.yml');
  const { deploy, environment, hostname, secrets, volumes, ...helper } = helperOf(several);
  const { deploy: deployOne, ...helperOne } = helperOf(one);
  expect({ ...helperOne, ...helper }).toEqual(helperOne);
  expect(hostname).toBe('{{.Node.Hostname}}');
  expect(environment).toEqual({
    ...helperOne.environment,
    CD_HELPER_STORE_FILE: '/run/secrets/cd-helper-store',
    TMPDIR: '/data',
  });
  expect(secrets).toEqual([...(helperOne.secrets ?? []), 'cd-helper-store']);
  expect(volumes).toEqual(['temporary:/data', ...helperOne.volumes.slice(1)]);
  // One node's loss costs one instance, and an update one at a time.
  expect(deploy).toEqual({
    ...deployOne,
    replicas: 3,
    placement: { ...deployOne.placement, max_replicas_per_node: 1 },
    update_config: { ...deployOne.update_config, parallelism: 1 },
    rollback_config: { ...deployOne.rollback_config, parallelism: 1 },
  });
  const [proxy, proxyOfOne] = [several, one].map(({ services }) => services['socket-proxy']);
  const { replicas: _, ...deployProxy } = proxyOfOne?.deploy ?? { replicas: 0 };
  expect(proxy).toEqual({ ...proxyOfOne, deploy: { ...deployProxy, mode: 'global' } });
  // A call may go to the proxy of another node.
  expect(several.networks?.['engine']).toEqual({
    internal: true,
    driver_opts: { encrypted: 'true' },
  });
});
