import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { engineProcess, killHostOf } from '../../../sandbox/engine/engine-process.ts';
import { good } from '../../../sandbox/image/sample.ts';
import { waitUntil } from '../../../sandbox/machine/wait-until.ts';
import { type Sandbox, startSandbox } from '../../../sandbox/sandbox.ts';
import type { Engine } from '../../../sandbox/swarm/engine.ts';
import { joinSwarm } from '../../../sandbox/swarm/join-swarm.ts';
import type { ClusterView } from '../../../src/core/contract/views.ts';
import { endedDeployments } from '../../support/stage/open-stage.ts';
import { runProgram } from '../../support/program/run-program.ts';
import { startSocketProxy } from '../../support/proxies/socket-proxy.ts';
import { startHelper } from '../../support/program/start-helper.ts';
import { createTestAuthority, type IssuedCertificate } from '../../support/http/test-authority.ts';

const NOBODY = 65_534;
const TLS_PORT = 2376;
/** Where this machine's registry and containers are looked for. */
const constraints = ['node.role==manager'];

type Tls = Partial<IssuedCertificate & { readonly ca: string }>;

/** The word of `check-config` on one thing that it tried. */
type Word = { readonly name: string; readonly ok: boolean; readonly detail: string };

describe('reaching a real engine', () => {
  // Its own: one engine also listens on TCP with TLS, another one is a worker, and a third ends.
  let sandbox: Sandbox;
  const folder = mkdtempSync(join(tmpdir(), 'engine-reach-'));
  const authority = createTestAuthority();
  const stranger = createTestAuthority();
  const client = authority.issue(['helper']);

  const engine = (number: 1 | 2 | 3): Engine => {
    const found = sandbox.engines[number - 1];
    if (found === undefined) throw new Error(`no engine ${number}`);
    return found;
  };
  const overTls = (): string => `tcp://${engine(1).engineAddress}:${TLS_PORT}`;

  beforeAll(async () => {
    chmodSync(folder, 0o755);
    sandbox = await startSandbox({
      engines: 3,
      engineArguments: (at) => {
        const files = { ca: authority.ca, ...authority.issue([at.engineAddress]) };
        mkdirSync(at.folder, { recursive: true });
        for (const [name, text] of Object.entries(files)) {
          writeFileSync(join(at.folder, `${name}.pem`), text);
        }
        return [
          `--host=tcp://${at.engineAddress}:${TLS_PORT}`,
          '--tlsverify',
          `--tlscacert=${join(at.folder, 'ca.pem')}`,
          `--tlscert=${join(at.folder, 'cert.pem')}`,
          `--tlskey=${join(at.folder, 'key.pem')}`,
        ];
      },
    });
    await joinSwarm(engine(2), engine(1), 'worker');
    await killHostOf(await engineProcess(engine(3)));
  });
  afterAll(async () => {
    await sandbox?.stop();
    rmSync(folder, { recursive: true });
  });

  let files = 0;
  /** What `check-config` says of a cluster at this address. */
  const check = async (
    url: string,
    options: { readonly tls?: Tls; readonly uid?: number } = {},
  ): Promise<Word | undefined> => {
    files += 1;
    const file = join(folder, `config-${files}.yml`);
    const cluster = { name: 'real', type: 'engine', url };
    const clusters = [options.tls === undefined ? cluster : { ...cluster, tls: options.tls }];
    writeFileSync(file, stringify({ store: join(folder, 'none.db'), clusters }));
    const { uid } = options;
    const ran = await runProgram(
      ['check-config', '--json', '--config', file],
      uid === undefined ? {} : { uid },
    );
    expect(ran).toMatchObject({ status: 1, err: '' });
    const { checks } = JSON.parse(ran.out) as { readonly checks: readonly Word[] };
    return checks.find(({ name }) => name === 'cluster real');
  };
  const isWrong = (message: RegExp) => ({ ok: false, detail: expect.stringMatching(message) });

  test('over TCP with TLS and a client certificate: updates a service', async () => {
    const tls = { ca: authority.ca, ...client };
    const detail = expect.stringMatching(/^Docker Engine \d+\..*, API 1\.\d+, \d+ services$/);
    expect(await check(overTls(), { tls })).toMatchObject({ ok: true, detail });
    const helper = await startHelper({
      store: join(folder, 'tls.db'),
      config: {
        clusters: [{ name: 'real', type: 'engine', url: overTls(), tls }],
        registries: [{ host: sandbox.registry.host, insecure: true }],
      },
    });
    try {
      const { services } = engine(1);
      const one = await sandbox.pushImage('reach/web', 'v1', good('one'));
      const image = (digest?: string): string => sandbox.image('reach/web', 'v1', digest);
      await services.deploy({ name: 'reach-web', image: image(one.digest), constraints });
      const two = await sandbox.pushImage('reach/web', 'v1', good('two'));
      await helper.postHook({ image: image() });
      const [deployment] = await endedDeployments(helper, 'reach-web');
      expect(deployment).toMatchObject({ state: 'succeeded', from: one.digest, to: two.digest });
      expect(await services.runningDigests('reach-web')).toEqual([two.digest]);
    } finally {
      await helper.stop();
    }
  });

  test.each<[string, () => Tls | undefined, RegExp]>([
    [
      'the authority of another engine',
      () => ({ ca: stranger.ca, ...client }),
      /TLS with tcp:\S+ failed: the engine's certificate is not signed by ca of the cluster/,
    ],
    [
      'no client certificate',
      () => ({ ca: authority.ca }),
      /TLS with tcp:\S+ failed: it requires a client certificate .*: set cert and key/,
    ],
    [
      'the client certificate of another authority',
      () => ({ ca: authority.ca, ...stranger.issue(['helper']) }),
      /TLS with tcp:\S+ failed: it does not accept the client certificate/,
    ],
    [
      'an expired client certificate',
      () => ({ ca: authority.ca, ...authority.issue(['helper'], 'expired') }),
      /TLS with tcp:\S+ failed: the client certificate expired on \d{4}-\S+: issue a new one/,
    ],
    [
      'the key of another certificate',
      () => ({ ca: authority.ca, cert: client.cert, key: stranger.issue(['helper']).key }),
      /TLS with tcp:\S+ failed: cert and key of the cluster do not belong together/,
    ],
    [
      'no TLS at all',
      () => undefined,
      /the engine at tcp:\S+ speaks TLS: set ca, cert and key of the cluster/,
    ],
  ])('over TCP with %s: says so', async (_what, tls, message) => {
    const given = tls();
    const word = await check(overTls(), given === undefined ? {} : { tls: given });
    expect(word).toMatchObject(isWrong(message));
  });

  test('at a worker: says so in check-config and in the health of the clusters', async () => {
    const message =
      /node engine-2 at unix:\S+ is a worker: give the url of a manager \(the swarm's are \S+:2377\), place the helper on one, or promote the node/;
    expect(await check(engine(2).url)).toMatchObject(isWrong(message));
    const helper = await startHelper({
      store: join(folder, 'worker.db'),
      env: { CD_HELPER_ENGINE_URL: engine(2).url },
    });
    try {
      const cluster = await waitUntil(
        async () => {
          const { items } = await helper.get<{ items: readonly ClusterView[] }>('/clusters');
          return items.find(({ state }) => state !== 'unknown') ?? null;
        },
        { what: 'the cluster was asked', withinMs: 30_000 },
      );
      expect(cluster).toMatchObject({ state: 'down', problem: expect.stringMatching(message) });
      const ready = await fetch(`${helper.url}/readyz`);
      expect(ready.status).toBe(200);
      expect(await ready.json()).toMatchObject({ clusters: [{ name: 'default', state: 'down' }] });
      await helper.postHook({ image: sandbox.image('reach/web', 'v1') });
      await waitUntil(
        async () =>
          helper.log.some((line) =>
            /is a worker, which cannot manage/.test(JSON.stringify(line)),
          ) || null,
        { what: 'the log says why nothing is done', withinMs: 30_000 },
      );
    } finally {
      await helper.stop();
    }
  });

  test('at a socket that is not there: says so', async () => {
    const url = `unix://${join(engine(1).folder, 'none.sock')}`;
    expect(await check(url)).toMatchObject(isWrong(/there is no socket at unix:\S+: start/));
  });

  test('at the socket of an engine that has ended: says so', async () => {
    const message = /nothing listens at unix:\S+engine-3\/docker.sock: is the engine/;
    expect(await check(engine(3).url)).toMatchObject(isWrong(message));
  });

  test('as a user who may not open the socket: says so', async () => {
    // The way to the socket is open to all, so that it is the socket itself that refuses.
    for (const open of [sandbox.addresses.folder, engine(1).folder]) chmodSync(open, 0o755);
    const message =
      /the process is not allowed to open unix:\S+: run it with the group that owns the socket/;
    expect(await check(engine(1).url, { uid: NOBODY })).toMatchObject(isWrong(message));
  });

  test('behind a filter that refuses the list of services: names the call', async () => {
    const proxy = await startSocketProxy(
      engine(1).socket,
      (_method, path) => !path.endsWith('/services'),
    );
    try {
      const message =
        /tcp:\S+ refuses GET \/services \(HTTP 403: Forbidden\): allow this method and path in the socket proxy/;
      expect(await check(proxy.url)).toMatchObject(isWrong(message));
    } finally {
      await proxy.close();
    }
  });

  test('behind a filter that refuses updates: the deployment fails with the call', async () => {
    const proxy = await startSocketProxy(engine(1).socket, (method) => method === 'GET');
    const helper = await startHelper({
      store: join(folder, 'filter.db'),
      env: {
        CD_HELPER_ENGINE_URL: proxy.url,
        CD_HELPER_REGISTRY_INSECURE: sandbox.registry.host,
      },
    });
    try {
      const { services } = engine(1);
      const one = await sandbox.pushImage('reach/filtered', 'v1', good('one'));
      const image = (digest?: string): string => sandbox.image('reach/filtered', 'v1', digest);
      await services.deploy({ name: 'reach-filtered', image: image(one.digest), constraints });
      const version = await services.versionOf('reach-filtered');
      await sandbox.pushImage('reach/filtered', 'v1', good('two'));
      await helper.postHook({ image: image() });
      const [deployment] = await endedDeployments(helper, 'reach-filtered');
      expect(deployment).toMatchObject({ state: 'failed', reason: 'refused' });
      expect(deployment?.failure?.message).toMatch(
        /refuses POST \/services\/\w+\/update \(HTTP 403: Forbidden\): allow this method and path/,
      );
      expect(await services.versionOf('reach-filtered')).toBe(version);
    } finally {
      await helper.stop();
      await proxy.close();
    }
  });
});
