import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect, createServer, type NetConnectOpts, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { good } from '../../../sandbox/image/sample.ts';
import { waitUntil } from '../../../sandbox/machine/wait-until.ts';
import {
  type Postgres,
  startPostgres,
  type TestDatabase,
} from '../../../sandbox/postgres/postgres.ts';
import type { InstanceView } from '../../../src/core/contract/instance-view.ts';
import type { DeploymentView, Page } from '../../../src/core/contract/views.ts';
import { dockerFor } from '../../support/stage/docker.ts';
import { BUILD_IMAGE, importNodeImages, NODE_IMAGE } from '../../support/stage/node-images.ts';
import { API_TOKEN, HOOK_SECRET } from '../../support/program/start-helper.ts';
import { startThreeManagers } from '../../support/stage/three-managers.ts';

/** Three engines, an image that is built, and a lease that has to expire: some three minutes. */
const isWanted = process.env['CD_HELPER_TEST_INSTANCES'] === 'on';

const ROOT = join(import.meta.dirname, '../../..');
const STACK_FILE = join(ROOT, 'deploy/stack.ha.yml');
const SELF = 'ha_cd-helper';
const ENDED = ['succeeded', 'failed', 'rolled-back', 'superseded', 'skipped'];
const PATIENCE_MS = 120_000;

/** Passes connections to an address of this machine on to another, as the sandbox's engines do not see 127.0.0.1. */
const startRelay = async (host: string, to: NetConnectOpts): Promise<Server> => {
  const server = createServer((socket) => {
    const onward = connect(to);
    socket.pipe(onward).pipe(socket);
    for (const [one, other] of [
      [socket, onward],
      [onward, socket],
    ] as const) {
      one.on('error', () => {});
      one.on('close', () => other.destroy());
    }
  });
  await new Promise<void>((resolve) => void server.listen(0, host, resolve));
  return server;
};

const portOf = (server: Server): number => {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
};

type StackFile = {
  readonly version: string;
  readonly secrets: object;
  readonly volumes: object;
  readonly services: {
    readonly 'cd-helper': {
      readonly environment: Readonly<Record<string, string>>;
      readonly [key: string]: unknown;
    };
  };
};

/**
 * The helpers of the stack file, but for what the sandbox's engines lack: a bridge, IPVS, and the image of the proxy, in
 * whose place is one engine's own socket. The shorter interval is for the clock alone.
 */
const sandboxStack = (engineUrl: string): string => {
  const { version, secrets, volumes, services } = parse(
    readFileSync(STACK_FILE, 'utf8'),
  ) as StackFile;
  const { ports: _, healthcheck, deploy, environment, ...service } = services['cd-helper'];
  return stringify({
    version,
    secrets,
    volumes,
    services: {
      'cd-helper': {
        ...service,
        environment: { ...environment, CD_HELPER_ENGINE_URL: engineUrl },
        networks: ['machine'],
        healthcheck: { ...(healthcheck as object), interval: '1s' },
        deploy: { ...(deploy as object), endpoint_mode: 'dnsrr' },
      },
    },
    networks: { machine: { external: true, name: 'host' } },
  });
};

describe.runIf(isWanted)('three helpers on one PostgreSQL, as a service of the Swarm', () => {
  const folder = mkdtempSync(join(tmpdir(), 'several-instances-'));
  const relays: Server[] = [];
  let sandbox: Awaited<ReturnType<typeof startThreeManagers>>;
  let postgres: Postgres;
  let database: TestDatabase;
  let docker: ReturnType<typeof dockerFor>;
  let image: string;
  let urls: readonly string[];

  /** What any of them answers: one may be being replaced. */
  const get = async (path: string): Promise<Response> => {
    const failures: unknown[] = [];
    for (const url of urls) {
      const headers = { authorization: `Bearer ${API_TOKEN}` };
      const signal = AbortSignal.timeout(5_000);
      try {
        const answer = await fetch(`${url}/api/v1${path}`, { headers, signal });
        if (answer.ok) return answer;
        failures.push(answer.status);
      } catch (error) {
        failures.push(error);
      }
    }
    throw new Error(`${path}: ${failures.map(String).join(', ')}`);
  };
  const alive = async (): Promise<readonly InstanceView[]> => {
    const { items } = (await (await get('/instances')).json()) as Page<InstanceView>;
    return items.filter(({ state }) => state === 'alive');
  };
  const worker = async (): Promise<InstanceView | undefined> =>
    (await alive()).find(({ leases }) => leases.some(({ name }) => name === 'cluster:default'));
  const anotherThan = (before: InstanceView | undefined): Promise<InstanceView> =>
    waitUntil(
      async () => {
        const found = await worker();
        return found === undefined || found.id === before?.id ? null : found;
      },
      { what: 'another one works', withinMs: PATIENCE_MS, everyMs: 100 },
    );
  const post = (url: string, name: string): Promise<Response> =>
    fetch(`${url}/hooks/${HOOK_SECRET}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ image: name }),
      signal: AbortSignal.timeout(10_000),
    });
  const whenEnded = (service: string): Promise<DeploymentView> =>
    waitUntil(
      async () => {
        const answer = await get(`/deployments?service=${service}`);
        const { items } = (await answer.json()) as Page<DeploymentView>;
        const [one] = items;
        if (items.length === 1 && one !== undefined && ENDED.includes(one.state)) return one;
        throw new Error(JSON.stringify(items));
      },
      { what: `the deployment of ${service} has ended`, withinMs: PATIENCE_MS, everyMs: 300 },
    );
  const pushSelf = async (built: string): Promise<string> => {
    await docker(['tag', built, image]);
    return /digest: (sha256:[0-9a-f]{64})/.exec(await docker(['push', image]))?.[1] ?? '';
  };

  beforeAll(async () => {
    postgres = await startPostgres();
    sandbox = await startThreeManagers();
    const [first] = sandbox.managers;
    database = await postgres.createDatabase();
    docker = dockerFor(first);
    image = sandbox.image('several/cd-helper', 'latest');
    urls = sandbox.managers.map(({ engineAddress }) => `http://${engineAddress}:8080`);
    const { hostAddress } = first;
    for (const to of [{ host: '127.0.0.1', port: postgres.primary.port }, { path: first.socket }]) {
      relays.push(await startRelay(hostAddress, to));
    }
    const [databasePort, enginePort] = relays.map(portOf);
    await importNodeImages(docker, join(folder, 'images'));
    const build = { NODE_IMAGE, BUILD_IMAGE, VERIFY: 'no', VERSION: 'v1.2.3', REVISION: 'first' };
    const args = Object.entries(build).flatMap(([name, value]) => [
      '--build-arg',
      `${name}=${value}`,
    ]);
    await docker(['build', '--network=none', ...args, '--tag', 'helper:first', ROOT]);
    await pushSelf('helper:first');
    const secrets = {
      'cd-helper-hook': HOOK_SECRET,
      'cd-helper-api': API_TOKEN,
      'cd-helper-store': database.url.replace(/@[^/]+\//, `@${hostAddress}:${databasePort}/`),
    };
    for (const [Name, value] of Object.entries(secrets)) {
      const Data = Buffer.from(value).toString('base64');
      await first.api.call('POST', '/secrets/create', { body: { Name, Data } });
    }
    for (const { name } of sandbox.managers) {
      await docker(['node', 'update', '--label-add', 'cd-helper=true', name]);
    }
    const env = {
      CD_HELPER_IMAGE: image,
      CD_HELPER_REGISTRY_INSECURE: sandbox.registry.host,
      CD_HELPER_MONITOR: '2s',
      DOCKER_GID: String(statSync(first.socket).gid),
    };
    // As it is, the file is one that the engine's own command takes.
    await docker(['stack', 'deploy', '--compose-file', STACK_FILE, 'as-it-is'], { env });
    await docker(['stack', 'rm', 'as-it-is']);
    const file = join(folder, 'stack.yml');
    writeFileSync(file, sandboxStack(`tcp://${hostAddress}:${enginePort}`));
    await docker(['stack', 'deploy', '--compose-file', file, 'ha'], { env });
    await waitUntil(async () => (await alive()).length === 3 || null, {
      what: 'three instances',
      withinMs: PATIENCE_MS,
      everyMs: 300,
    });
  }, 600_000);

  afterAll(async () => {
    if (process.env['SHOW_HELPER'] !== undefined) {
      process.stderr.write(await docker(['service', 'logs', '--raw', SELF]).catch(String));
    }
    for (const relay of relays) relay.close();
    await sandbox?.stop();
    await postgres?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  test('there is one on each node, and one of them works', async () => {
    const instances = await alive();
    expect(instances.map(({ host }) => host).toSorted()).toEqual(
      sandbox.managers.map(({ name }) => name).toSorted(),
    );
    expect(instances.filter(({ leases }) => leases.length > 0)).toHaveLength(1);
  });

  test('a webhook to any of them updates a service', async () => {
    const { services } = sandbox.managers[0];
    const one = await sandbox.pushImage('several/web', 'v1', good('one'));
    await services.deploy({
      name: 'several-web',
      image: sandbox.image('several/web', 'v1', one.digest),
    });
    const two = await sandbox.pushImage('several/web', 'v1', good('two'));
    const working = await worker();
    const idle = sandbox.managers.findIndex(({ name }) => name !== working?.host);
    expect((await post(urls[idle] ?? '', sandbox.image('several/web', 'v1'))).status).toBe(202);
    expect(await whenEnded('several-web')).toMatchObject({ state: 'succeeded', to: two.digest });
  });

  test('a backup is made although nothing but the volume can be written', async () => {
    const backup = Buffer.from(await (await get('/backup')).arrayBuffer());
    expect(backup.subarray(0, 15).toString()).toBe('SQLite format 3');
  });

  test('they update themselves one after another, and accept every webhook meanwhile', async () => {
    const context = join(folder, 'second');
    mkdirSync(context);
    writeFileSync(join(context, 'build.json'), '{"version":"1.2.4","revision":"second"}');
    writeFileSync(
      join(context, 'Dockerfile'),
      'FROM helper:first\nCOPY build.json /app/dist/build.json\n',
    );
    await docker(['build', '--tag', 'helper:second', context]);
    const digest = await pushSelf('helper:second');
    const refused: string[] = [];
    let accepted = 0;
    const over = new AbortController();
    // To one after another, and to the next where nobody listens, as a routing mesh does.
    const stream = async (): Promise<void> => {
      for (let number = 0; !over.signal.aborted; number += 1) {
        const why: string[] = [];
        for (let other = 0; other < urls.length; other += 1) {
          const url = urls[(number + other) % urls.length] ?? '';
          const status = await post(url, sandbox.image('several/none', `v${number}`)).then(
            (answer) => answer.status,
            String,
          );
          why.push(String(status));
          if (typeof status === 'number') break;
        }
        if (why.at(-1) === '202') accepted += 1;
        else refused.push(why.join(', '));
      }
    };
    const streaming = stream();
    expect((await post(urls[0] ?? '', image)).status).toBe(202);
    const own = await whenEnded(SELF).finally(() => over.abort());
    await streaming;
    expect(own).toMatchObject({ state: 'succeeded', to: digest });
    expect(refused).toEqual([]);
    expect(accepted).toBeGreaterThan(0);
    const stored = await postgres.primary.sql(
      `select count(*) from cd_helper.deliveries where body like '%several/none%'`,
      database.name,
    );
    expect(Number(stored)).toBeGreaterThanOrEqual(accepted);
    expect((await alive()).map(({ version }) => version)).toEqual(['1.2.4', '1.2.4', '1.2.4']);
  });

  test('another one takes over when the working one is killed, or its node is drained', async () => {
    const killed = await worker();
    const engine = sandbox.managers.find(({ name }) => name === killed?.host);
    if (engine === undefined) throw new Error('nobody works');
    const at = dockerFor(engine);
    const service = `label=com.docker.swarm.service.name=${SELF}`;
    await at(['kill', '--signal', 'KILL', (await at(['ps', '-q', '--filter', service])).trim()]);
    const next = await anotherThan(killed);
    await docker(['node', 'update', '--availability', 'drain', next.host]);
    const third = await anotherThan(next);
    expect(new Set([next.host, third.host]).size).toBe(2);
  });
});
