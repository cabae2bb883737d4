import { afterEach, describe, expect, it } from 'vitest';
import {
  createSwarmpitCluster,
  type SwarmpitClusterOptions,
} from '../../../src/adapters/swarm/swarmpit/swarmpit.ts';
import { type Cluster, ClusterError, type ImageUpdate } from '../../../src/core/swarm/cluster.ts';
import { createSecret } from '../../../src/core/secret.ts';
import type { Service } from '../../../src/core/swarm/service.ts';
import { type FakeEngine, startFakeEngine } from '../../support/fake-engine/fake-engine.ts';
import type { Fault as SwarmpitFault } from '../../support/fake-engine/faults.ts';
import { type FakeRegistry, startFakeRegistry } from '../../support/fake-registry/fake-registry.ts';
import type { Fault as FakeRegistryFault } from '../../support/fake-registry/faults.ts';
import { fakeImage } from '../../support/fake-registry/images.ts';
import type { FakeSignIn } from '../../support/fake-registry/sign-in.ts';
import {
  startSwarmpitDouble,
  type SwarmpitDouble,
  type SwarmpitDoubleOptions,
} from '../../support/swarmpit/swarmpit-double.ts';

const signal = new AbortController().signal;
const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

type Scene = {
  engine: FakeEngine;
  registry: FakeRegistry;
  swarmpit: SwarmpitDouble;
  cluster: Cluster;
};

const connect = (
  swarmpit: SwarmpitDouble,
  options: Partial<SwarmpitClusterOptions> = {},
): Cluster => {
  const cluster = createSwarmpitCluster({
    name: 'qa',
    url: swarmpit.url,
    token: createSecret(swarmpit.token),
    ...options,
  });
  closing.push(cluster.close);
  return cluster;
};

const start = async (
  options: Partial<SwarmpitDoubleOptions> = {},
  timeouts: SwarmpitClusterOptions['timeouts'] = {},
  signIn: FakeSignIn = { kind: 'none' },
): Promise<Scene> => {
  const engine = await startFakeEngine();
  closing.push(engine.close);
  const registry = await startFakeRegistry({ signIn });
  closing.push(registry.close);
  const swarmpit = await startSwarmpitDouble({
    engineUrl: engine.url,
    registries: { [registry.host]: registry.origin, 'docker.io': registry.origin },
    ...options,
  });
  closing.push(swarmpit.close);
  return { engine, registry, swarmpit, cluster: connect(swarmpit, { timeouts }) };
};

const only = async (cluster: Cluster): Promise<Service> => {
  const [service] = await cluster.listServices(signal);
  if (service === undefined) throw new Error('no service');
  return service;
};

const redeploy = (service: Service): ImageUpdate => ({
  service,
  digest: null,
  platforms: null,
  restart: false,
  registryAuth: null,
});

const problemOf = async (call: Promise<unknown>): Promise<ClusterError> => {
  const error = await call.then(
    () => new Error('it succeeded'),
    (thrown: unknown) => thrown,
  );
  if (error instanceof ClusterError) return error;
  throw error;
};

const DOCKER = { form: 'docker' } as const;

describe('reading a swarm through Swarmpit', () => {
  it('tells services, their own image parsed and their digest from where Swarmpit puts it', async () => {
    const { engine, cluster } = await start();
    const digest = `sha256:${'a'.repeat(64)}`;
    engine.addService({
      name: 'shop_web',
      image: `registry.local:5000/web@${digest}`,
      replicas: 2,
      labels: {
        'com.docker.stack.namespace': 'shop',
        'swarmpit.service.deployment.autoredeploy': 'true',
        'cd-helper.enabled': 'true',
      },
    });
    expect(await only(cluster)).toMatchObject({
      name: 'shop_web',
      stack: 'shop',
      image: {
        ok: true,
        image: { registry: 'registry.local:5000', repository: 'web', tag: null, digest },
      },
      labels: { 'cd-helper.enabled': 'true' },
      autoredeploy: true,
      replicas: { running: 2, desired: 2 },
      updatePolicy: { parallelism: 1, delayMs: 0, monitorMs: null, failureAction: 'pause' },
    });
  });

  it.each([true, false])('observes one service (asked for alone: %s)', async (tellsOne) => {
    const { engine, cluster } = await start({ tellsOne });
    engine.addService({ name: 'other', image: 'acme/other:v1' });
    const { ID } = engine.addService({ name: 'web', image: 'acme/web:v1' });
    for (let time = 0; time < 2; time += 1) {
      expect(await cluster.observe(ID, signal)).toMatchObject({
        service: { id: ID, name: 'web', replicas: { running: 1, desired: 1 } },
        tasks: [{ serviceId: ID, slot: 1, state: 'running', desired: 'running' }],
        nodes: null,
      });
    }
    expect(await cluster.observe('gone', signal)).toBeNull();
  });

  it('says what it cannot do', async () => {
    const { cluster } = await start();
    await cluster.identify(signal);
    expect(cluster.capabilities).toEqual({
      setsDigest: false,
      goesBackTo: 'previous-spec',
      deploysOci: false,
      tellsTasks: true,
      tellsContainers: false,
      givesLogs: true,
    });
  });

  it.each([
    ['1.7', 'Swarmpit 1.7, Docker Engine 28.0.0-fake', false],
    ['1.9', 'Swarmpit 1.9, Docker Engine 28.0.0-fake', false],
    ['1.10', 'Swarmpit 1.10, Docker Engine 28.0.0-fake', false],
    ['master', 'Swarmpit 1.11-SNAPSHOT, Docker Engine 28.0.0-fake', true],
  ] as const)('of %s says so, and what it can deploy', async (version, description, deploysOci) => {
    const { cluster } = await start({ version });
    expect(cluster.capabilities.deploysOci).toBe(true);
    expect(await cluster.identify(signal)).toEqual({ swarmId: null, description });
    expect(cluster.capabilities.deploysOci).toBe(deploysOci);
  });

  it.each<[string, SwarmpitFault | null]>([
    ['nothing', null],
    ['a page', { kind: 'body', text: '<html>sign in</html>' }],
    ['403', { kind: 'status', status: 403, message: '<html>no</html>' }],
  ])('is known behind a proxy that answers /version with %s', async (_what, fault) => {
    const { engine, swarmpit, cluster } = await start({ tellsVersion: false });
    if (fault !== null) swarmpit.inject({ ...fault, on: { path: /^\/version$/ } });
    expect((await cluster.identify(signal)).description).toMatch(
      /^Swarmpit of an unknown version: http:\S+ does not answer \/version$/,
    );
    expect(cluster.capabilities.deploysOci).toBe(false);
    engine.addService({ name: 'web', image: 'acme/web:v1' });
    expect((await only(cluster)).name).toBe('web');
  });

  it('says which version is too old', async () => {
    const { swarmpit, cluster } = await start();
    const text = JSON.stringify({ name: 'swarmpit', version: '1.5.1', initialized: true });
    swarmpit.inject({ kind: 'body', text, on: { path: /^\/version$/ } });
    const error = await problemOf(cluster.identify(signal));
    expect(error).toMatchObject({ code: 'refused', retryable: false });
    expect(error.message).toMatch(/version 1\.5\.1.*upgrade it to 1\.6 or newer/);
  });

  it('says that swarmpit-xpx is something else', async () => {
    const { cluster } = await start({ name: 'swarmpit-xpx' });
    const error = await problemOf(cluster.identify(signal));
    expect(error).toMatchObject({ code: 'refused', retryable: false });
    expect(error.message).toMatch(/swarmpit-xpx.*give the helper the engine instead/);
  });

  it('warns of a token that expires', async () => {
    const { cluster } = await start({ apiTokenDays: 30 });
    const { warning } = await cluster.identify(signal);
    const in30Days = new Date(Date.now() + 30 * 86_400_000).toISOString().slice(0, 10);
    expect(warning).toMatch(new RegExp(`^the token of Swarmpit expires at ${in30Days}T`));
  });

  it('tells the tasks that should run, of all services or of some', async () => {
    const { engine, cluster } = await start();
    const web = engine.addService({ name: 'web', image: 'acme/web:v1', replicas: 2 });
    const all = engine.addService({ name: 'all', image: 'acme/all:v1', mode: { Global: {} } });
    engine.changeSpec('web', ({ TaskTemplate }) => {
      TaskTemplate.ForceUpdate = 1;
    });
    const placed = async (ids: readonly string[] | null) =>
      (await cluster.listRunningTasks(ids, signal))?.map(({ serviceId, slot }) => [
        serviceId,
        slot,
      ]);
    const two = [
      [web.ID, 1],
      [web.ID, 2],
    ];
    expect(new Set(await placed(null))).toEqual(new Set([...two, [all.ID, null]]));
    expect(await placed([web.ID])).toEqual(two);
    expect(await placed([])).toEqual([]);
    expect(await placed(['gone'])).toEqual([]);
    const kept = async (ids: readonly string[] | null) =>
      (await cluster.listTasks(ids, signal))?.tasks.filter(({ serviceId }) => serviceId === web.ID)
        .length;
    // Ended ones included.
    expect([await kept(null), await kept([web.ID]), await kept([])]).toEqual([4, 4, 0]);
    // So many are asked for at once.
    const many = [web.ID, ...Array.from({ length: 9 }, (_, index) => `gone-${index}`)];
    expect(await placed(many)).toEqual(two);
  });

  it('tells nodes, and reads them with a service that lacks a task', async () => {
    const { engine, cluster } = await start();
    const digest = `sha256:${'b'.repeat(64)}`;
    engine.setOutcome(digest, { kind: 'never-placed' });
    const { ID } = engine.addService({ name: 'web', image: 'acme/web:v1' });
    engine.changeSpec('web', ({ TaskTemplate }) => {
      TaskTemplate.ContainerSpec.Image = `acme/web:v1@${digest}`;
    });
    const nodes = [{ hostname: 'node-1', state: 'ready', availability: 'active' }];
    expect(await cluster.listNodes(signal)).toMatchObject(nodes);
    expect(await cluster.observe(ID, signal)).toMatchObject({ nodes });
  });

  it('tells what a task wrote, and what it ended with', async () => {
    const { engine, cluster } = await start();
    const digest = `sha256:${'b'.repeat(64)}`;
    engine.setOutcome(digest, { kind: 'crash', exitCode: 7 });
    engine.setLog(digest, ['one', 'two\u001b[31m red', 'three']);
    const { ID } = engine.addService({ name: 'web', image: 'acme/web:v1' });
    engine.changeSpec('web', ({ TaskTemplate }) => {
      TaskTemplate.ContainerSpec.Image = `acme/web:v1@${digest}`;
    });
    const tasks = (await cluster.observe(ID, signal))?.tasks ?? [];
    const failed = tasks.find(({ state }) => state === 'failed');
    expect(failed).toMatchObject({ error: 'task: non-zero exit (7)', exitCode: 7, digest });
    const id = failed?.id ?? '';
    expect(await cluster.readTaskLog(ID, id, 2, signal)).toEqual(['two red', 'three']);
    expect(await cluster.readTaskLog(ID, 'another', 2, signal)).toEqual([]);
    expect(await cluster.readTaskLog('gone', id, 2, signal)).toEqual([]);
  });

  it('without the routes of tasks tells counts, and says so', async () => {
    const { engine, cluster } = await start({ tellsTasks: false });
    const { ID } = engine.addService({ name: 'web', image: 'acme/web:v1', replicas: 2 });
    expect(cluster.capabilities).toMatchObject({ tellsTasks: true, givesLogs: true });
    await cluster.probe(signal);
    expect(cluster.capabilities).toMatchObject({ tellsTasks: false, givesLogs: false });
    expect(await cluster.observe(ID, signal)).toMatchObject({
      service: { replicas: { running: 2, desired: 2 } },
      tasks: null,
      nodes: null,
    });
    expect(await cluster.listRunningTasks(null, signal)).toBeNull();
    expect(await cluster.listRunningTasks([ID], signal)).toBeNull();
    expect(await cluster.listTasks(null, signal)).toBeNull();
    expect(await cluster.listTasks([ID], signal)).toBeNull();
    const [counted] = await cluster.countServices(signal);
    expect(counted?.replicas).toEqual({ running: 2, desired: 2 });
    expect(await cluster.listNodes(signal)).toBeNull();
    expect(await cluster.readTaskLog(ID, 'y', 5, signal)).toEqual([]);
  });

  it.each(['', '/api', '/', '/api/'])(
    'is found below a path, its address ending in %j',
    async (end) => {
      const { engine, swarmpit } = await start({ basePath: '/ops/swarmpit' });
      engine.addService({ name: 'web', image: 'acme/web:v1' });
      const cluster = connect(swarmpit, { url: `${swarmpit.url}${end}` });
      expect((await only(cluster)).name).toBe('web');
      expect((await cluster.identify(signal)).description).toMatch(/^Swarmpit/);
    },
  );
});

describe('signing in at Swarmpit', () => {
  it('takes the token without its prefix too', async () => {
    const { swarmpit } = await start();
    const token = createSecret(swarmpit.token.replace('Bearer ', ''));
    expect(await connect(swarmpit, { token }).listServices(signal)).toEqual([]);
  });

  it.each(['expired', 'discarded'] as const)(
    'says what to do about a token that is %s',
    async (state) => {
      const { swarmpit, cluster } = await start();
      swarmpit.setTokenState(swarmpit.token, state);
      const error = await problemOf(cluster.listServices(signal));
      expect(error).toMatchObject({ code: 'sign-in-refused', retryable: false });
      expect(error.message).toMatch(new RegExp(`Token ${state}; create an API token in Swarmpit`));
      expect(error.message).not.toContain(swarmpit.token.slice(10));
    },
  );

  it('refuses a token that cannot be one before anything is sent', async () => {
    const { swarmpit } = await start();
    const error = await problemOf(
      connect(swarmpit, { token: createSecret('a\nb') }).listServices(signal),
    );
    expect(error.code).toBe('sign-in-refused');
  });

  it('says that a viewer may not redeploy', async () => {
    const { engine, swarmpit } = await start();
    engine.addService({ name: 'web', image: 'acme/web:v1' });
    const cluster = connect(swarmpit, { token: createSecret(swarmpit.viewerToken) });
    const error = await problemOf(cluster.updateImage(redeploy(await only(cluster)), signal));
    expect(error).toMatchObject({ code: 'permission-denied', mayHaveHappened: false });
    expect(error.message).toMatch(/user who is not a viewer/);
  });

  it('tells a refusal of something before Swarmpit from its own', async () => {
    const { swarmpit, cluster } = await start();
    swarmpit.inject({
      kind: 'status',
      status: 401,
      message: '<html>Authorization Required</html>',
    });
    const error = await problemOf(cluster.listServices(signal));
    expect(error).toMatchObject({ code: 'permission-denied' });
    expect(error.message).toMatch(/something before Swarmpit/);
  });
});

describe('redeploying through Swarmpit', () => {
  it('deploys the digest that Swarmpit finds, and restarts', async () => {
    const { engine, registry, cluster } = await start();
    const digest = registry.setTag('acme/web', 'v1', fakeImage('two', DOCKER));
    engine.addService({
      name: 'web',
      image: `${registry.host}/acme/web:v1@sha256:${'a'.repeat(64)}`,
    });
    const before = await only(cluster);
    expect(await cluster.updateImage(redeploy(before), signal)).toEqual({
      kind: 'accepted',
      warnings: [],
      changes: null,
    });
    expect(engine.running('web')).toEqual([digest]);
    const after = await only(cluster);
    expect(after.forceUpdate).toBe(before.forceUpdate + 1);
    expect(after.version).toBeGreaterThan(before.version);
    expect(after.specFingerprint()).toBe(before.specFingerprint());
    expect(after.update?.state).toBe('completed');
  });

  it('does nothing where the service changed since it was read', async () => {
    const { engine, registry, swarmpit, cluster } = await start();
    registry.setTag('acme/web', 'v1', fakeImage('two', DOCKER));
    engine.addService({ name: 'web', image: `${registry.host}/acme/web:v1` });
    const service = await only(cluster);
    engine.changeSpec('web', (spec) => {
      spec.Labels = { other: 'actor' };
    });
    expect(await cluster.updateImage(redeploy(service), signal)).toEqual({
      kind: 'out-of-sequence',
    });
    expect(swarmpit.redeploys).toEqual([]);
  });

  it('hands on that Swarmpit itself was too late', async () => {
    const { engine, registry, cluster } = await start();
    registry.setTag('acme/web', 'v1', fakeImage('two', DOCKER));
    engine.addService({ name: 'web', image: `${registry.host}/acme/web:v1` });
    const message = 'rpc error: code = Unknown desc = update out of sequence';
    engine.inject({ kind: 'status', status: 500, message, on: { method: 'POST' } });
    expect(await cluster.updateImage(redeploy(await only(cluster)), signal)).toEqual({
      kind: 'out-of-sequence',
    });
  });

  it('never touches what has a digest and no tag, which Swarmpit would make latest', async () => {
    const { engine, registry, swarmpit, cluster } = await start();
    engine.addService({ name: 'web', image: `${registry.host}/acme/web@sha256:${'a'.repeat(64)}` });
    const error = await problemOf(cluster.updateImage(redeploy(await only(cluster)), signal));
    expect(error).toMatchObject({ code: 'refused', retryable: false });
    expect(swarmpit.redeploys).toEqual([]);
  });

  it('never touches what has no tag but a port, which Swarmpit would take for the tag', async () => {
    const { engine, registry, swarmpit, cluster } = await start();
    engine.addService({ name: 'web', image: `${registry.host}/acme/web` });
    const error = await problemOf(cluster.updateImage(redeploy(await only(cluster)), signal));
    expect(error).toMatchObject({ code: 'refused', retryable: false, mayHaveHappened: false });
    expect(error.message).toMatch(/Write the tag in the service/);
    expect(swarmpit.redeploys).toEqual([]);
  });

  it.each([401, 403, 404])(
    'tells that the registry refused with %i, and nothing was changed',
    async (status) => {
      const { engine, registry, cluster } = await start();
      registry.setTag('acme/web', 'v1', fakeImage('two', DOCKER));
      registry.fault({ kind: 'status', status });
      engine.addService({ name: 'web', image: `${registry.host}/acme/web:v1` });
      const answer = await cluster.updateImage(redeploy(await only(cluster)), signal);
      expect(answer).toMatchObject({ kind: 'registry-failed', status });
      expect(engine.updates).toEqual([]);
    },
  );

  it('tells that an OCI image is not found by Swarmpit', async () => {
    const { engine, registry, cluster } = await start();
    registry.setTag('acme/web', 'v1', fakeImage('two', { form: 'oci' }));
    engine.addService({ name: 'web', image: `${registry.host}/acme/web:v1` });
    const answer = await cluster.updateImage(redeploy(await only(cluster)), signal);
    expect(answer).toMatchObject({
      kind: 'registry-failed',
      status: 404,
      detail: expect.stringMatching(/OCI/),
    });
  });

  it('shows an image that Swarmpit deployed without a digest as what it is', async () => {
    const { engine, registry, cluster } = await start({ version: 'master' });
    const content = fakeImage('two', { form: 'oci' });
    registry.setTag('acme/web', 'v1', content);
    const headers = { 'content-type': content.mediaType };
    registry.fault({ kind: 'content', body: content.bytes.toString('utf8'), headers });
    engine.addService({ name: 'web', image: `acme/web:v1@sha256:${'a'.repeat(64)}` });
    expect(await cluster.updateImage(redeploy(await only(cluster)), signal)).toMatchObject({
      kind: 'accepted',
    });
    expect((await only(cluster)).image).toMatchObject({
      ok: true,
      image: { tag: 'v1', digest: null },
    });
  });

  it.each([
    [401, { details: 'incorrect username or password' }],
    [401, { errors: [{ message: 'HTTP Basic: Access denied' }] }],
    [401, { errors: [{ message: 'authentication required' }] }],
    [403, { errors: [{ message: 'denied' }] }],
  ])(
    'puts a token that a registry refuses with %i %j down to the registry',
    async (status, body) => {
      const { engine, registry, cluster } = await start({}, {}, { kind: 'token', users: {} });
      const text = JSON.stringify(body);
      registry.fault({ kind: 'status', status, body: text }, { kind: 'token' });
      engine.addService({ name: 'web', image: `${registry.host}/acme/web:v1` });
      const answer = await cluster.updateImage(redeploy(await only(cluster)), signal);
      expect(answer).toMatchObject({ kind: 'registry-failed', status });
      const detail = answer.kind === 'registry-failed' ? answer.detail : '';
      expect(detail).toMatch(/correct the credentials of the registry that is linked in Swarmpit/);
      expect(text).toContain(/HTTP \d+: (?<said>.*)\):/.exec(detail)?.groups?.['said']);
    },
  );

  it.each<[string, FakeRegistryFault | null]>([
    ['answers 503', { kind: 'status', status: 503 }],
    ['answers 429', { kind: 'status', status: 429 }],
    ['answers 408', { kind: 'status', status: 408 }],
    ['does not listen', null],
  ])('may be repeated where the registry %s: nothing was changed', async (_what, fault) => {
    const { engine, registry, cluster } = await start();
    engine.addService({ name: 'web', image: `${registry.host}/acme/web:v1` });
    if (fault === null) {
      await registry.close();
      closing.splice(closing.indexOf(registry.close), 1);
    } else registry.fault(fault);
    const error = await problemOf(cluster.updateImage(redeploy(await only(cluster)), signal));
    expect(error).toMatchObject({ code: 'refused', retryable: true, mayHaveHappened: false });
    expect(engine.updates).toEqual([]);
  });

  it('may be repeated where Swarmpit does not know the host of the registry', async () => {
    const { engine, cluster } = await start({ linked: ['gone.local'] });
    engine.addService({ name: 'web', image: 'gone.local/web:v1' });
    const error = await problemOf(cluster.updateImage(redeploy(await only(cluster)), signal));
    expect(error).toMatchObject({ retryable: true, mayHaveHappened: false });
    expect(error.message).toContain('gone.local: Name or service not known');
  });

  it.each(['1.7', '1.9', '1.10'] as const)(
    'of %s tells that an image without a digest is not deployed, and what to do',
    async (version) => {
      const { engine, registry, cluster } = await start({ version });
      const headers = { 'content-type': 'application/vnd.oci.image.index.v1+json' };
      registry.fault({ kind: 'content', body: '{}', headers });
      engine.addService({ name: 'web', image: 'acme/web:v1' });
      const answer = await cluster.updateImage(redeploy(await only(cluster)), signal);
      expect(answer).toMatchObject({
        kind: 'registry-failed',
        status: 400,
        detail: expect.stringMatching(/build with Docker media types/),
      });
    },
  );

  it.each([
    ['other.local/web:v1', /link it in Swarmpit for the user of the token, or share it/],
    ['docker.io/acme/web:v1', /Write the image as acme\/web:v1 in the service/],
    ['acme/my.app:v1', /Rename the repository/],
  ])('says what to do where no registry is linked for %s', async (image, advice) => {
    const { engine, cluster } = await start({ linked: [] });
    engine.addService({ name: 'web', image });
    expect(await cluster.updateImage(redeploy(await only(cluster)), signal)).toMatchObject({
      kind: 'registry-failed',
      status: 401,
      detail: expect.stringMatching(advice),
    });
  });

  it('says that there is no spec to go back to', async () => {
    const { engine, swarmpit, cluster } = await start();
    engine.addService({ name: 'web', image: 'acme/web:v1' });
    const going = cluster.restorePrevious?.(await only(cluster), signal) ?? Promise.resolve();
    const error = await problemOf(going);
    expect(error).toMatchObject({ code: 'refused', retryable: false, mayHaveHappened: false });
    expect(error.message).toMatch(/has no spec before the present one/);
    expect(swarmpit.rollbacks).toMatchObject([{ status: 400 }]);
  });

  it('tells that the service is no more', async () => {
    const { engine, cluster } = await start();
    engine.addService({ name: 'web', image: 'acme/web:v1' });
    const service = await only(cluster);
    engine.removeService('web');
    expect(await problemOf(cluster.updateImage(redeploy(service), signal))).toMatchObject({
      code: 'not-found',
    });
  });

  it('asks once and only once, whatever becomes of the answer', async () => {
    const ambiguous = [
      { kind: 'drop-before' },
      { kind: 'drop-after' },
      { kind: 'hang' },
      { kind: 'status', status: 502, message: 'bad gateway' },
      { kind: 'status', status: 408, message: '{"error":"Request timeout"}' },
      { kind: 'status', status: 500, message: '{"cause":"NullPointerException"}' },
    ] as const;
    const { engine, registry, swarmpit, cluster } = await start({}, { redeployMs: 200 });
    registry.setTag('acme/web', 'v1', fakeImage('two', DOCKER));
    engine.addService({ name: 'web', image: `${registry.host}/acme/web:v1` });
    for (const fault of ambiguous) {
      swarmpit.inject({ ...fault, on: { method: 'POST' }, times: 2 });
      const error = await problemOf(cluster.updateImage(redeploy(await only(cluster)), signal));
      expect(error, JSON.stringify(fault)).toMatchObject({
        retryable: true,
        mayHaveHappened: true,
      });
      swarmpit.clearFaults();
    }
    expect(swarmpit.redeploys).toHaveLength(1);
    expect(engine.updates).toHaveLength(1);
  });

  it('calls a time-out of registry or Docker one that may have happened', async () => {
    const { engine, registry, cluster } = await start({ registryTimeoutMs: 50 });
    registry.fault({ kind: 'hang' });
    engine.addService({ name: 'web', image: `${registry.host}/acme/web:v1` });
    const error = await problemOf(cluster.updateImage(redeploy(await only(cluster)), signal));
    expect(error).toMatchObject({ code: 'timed-out', mayHaveHappened: true });
  });
});

describe('Swarmpit that cannot be spoken to', () => {
  it('is unreachable, and nothing has happened', async () => {
    const { engine, swarmpit, cluster } = await start();
    engine.addService({ name: 'web', image: 'acme/web:v1' });
    const service = await only(cluster);
    await swarmpit.close();
    const error = await problemOf(cluster.updateImage(redeploy(service), signal));
    expect(error).toMatchObject({ code: 'unreachable', retryable: true, mayHaveHappened: false });
    expect(error.message).toMatch(/cannot be reached|was lost/);
  });

  it('is told from what only stands at its address', async () => {
    const { engine } = await start();
    const cluster = createSwarmpitCluster({
      name: 'qa',
      url: engine.url.replace('tcp:', 'http:'),
      token: createSecret('x'),
    });
    closing.push(cluster.close);
    expect(await problemOf(cluster.identify(signal))).toMatchObject({ code: 'malformed-answer' });
    expect((await problemOf(cluster.listServices(signal))).message).toMatch(
      /correct the cluster's url|knows no/,
    );
  });

  it("is left when the caller says so, with the caller's own reason", async () => {
    const { swarmpit, cluster } = await start();
    swarmpit.inject({ kind: 'hang' });
    const controller = new AbortController();
    const reason = new Error('enough');
    const call = cluster.listServices(controller.signal);
    controller.abort(reason);
    await expect(call).rejects.toBe(reason);
  });
});
