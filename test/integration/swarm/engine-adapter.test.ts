import { afterEach, describe, expect, it } from 'vitest';
import { createEngineCluster } from '../../../src/adapters/swarm/engine/engine.ts';
import type { Cluster, ImageUpdate } from '../../../src/core/swarm/cluster.ts';
import type { Digest } from '../../../src/core/image/digest.ts';
import type { Service } from '../../../src/core/swarm/service.ts';
import {
  type FakeEngine,
  type FakeEngineOptions,
  startFakeEngine,
} from '../../support/fake-engine/fake-engine.ts';

const digest = (character: string): Digest => `sha256:${character.repeat(64)}` as Digest;
const OLD = digest('a');
const NEW = digest('b');
const signal = new AbortController().signal;

const opened: { close: () => Promise<void> }[] = [];
afterEach(async () => {
  for (const one of opened.splice(0).toReversed()) await one.close();
});

const start = async (
  options: FakeEngineOptions = {},
): Promise<{ engine: FakeEngine; cluster: Cluster }> => {
  const engine = await startFakeEngine(options);
  const cluster = createEngineCluster({ name: 'test', url: engine.url });
  opened.push(engine, cluster);
  return { engine, cluster };
};

const only = async (cluster: Cluster): Promise<Service> => {
  const [service] = await cluster.listServices(signal);
  if (service === undefined) throw new Error('no service');
  return service;
};

const updateOf = (service: Service, change: Partial<ImageUpdate> = {}): ImageUpdate => ({
  service,
  digest: NEW,
  platforms: null,
  restart: false,
  registryAuth: null,
  ...change,
});

describe('reading a swarm through an engine', () => {
  it.each([{ kind: 'tcp' }, { kind: 'unix' }] as const)(
    'tells services over $kind',
    async (listen) => {
      const { engine, cluster } = await start({ listen });
      engine.addService({ name: 'web', image: `acme/web:v1@${OLD}`, replicas: 2 });
      expect(await only(cluster)).toMatchObject({
        name: 'web',
        image: { ok: true, image: { repository: 'acme/web', tag: 'v1', digest: OLD } },
        specReplicas: 2,
        version: engine.service('web').Version.Index,
      });
    },
  );

  it('leaves out what runs no containers', async () => {
    const { engine, cluster } = await start();
    const web = engine.addService({ name: 'web', image: 'acme/web:v1' });
    const plugin = {
      ...web,
      Spec: { Name: 'plugin', TaskTemplate: { PluginSpec: { Name: 'x' } } },
    };
    engine.inject({ kind: 'body', text: JSON.stringify([plugin, web]), on: { path: /services/ } });
    expect((await cluster.listServices(signal)).map(({ name }) => name)).toEqual(['web']);
  });

  it('observes a replicated service that runs with two requests', async () => {
    const { engine, cluster } = await start();
    const { ID } = engine.addService({ name: 'web', image: `acme/web:v1@${OLD}`, replicas: 2 });
    await cluster.observe(ID, signal);
    const before = total(engine);

    const seen = await cluster.observe(ID, signal);

    expect(total(engine) - before).toBe(2);
    expect(seen?.nodes).toBeNull();
    expect(seen?.service.replicas).toEqual({ running: 2, desired: 2 });
    expect(seen?.tasks).toHaveLength(2);
    expect(seen?.tasks?.[0]).toMatchObject({
      serviceId: ID,
      digest: OLD,
      state: 'running',
      desired: 'running',
      error: null,
      exitCode: null,
    });
  });

  it('tells the time and the tasks’ times by the cluster’s clock, whatever a node’s says', async () => {
    const at = Date.parse('2031-01-01T00:00:00.999Z');
    const { engine, cluster } = await start({ pace: 'manual', startAt: at, settledMs: 5_000 });
    const { ID } = engine.addService({ name: 'web', image: `acme/web:v1@${OLD}` });
    const seen = await cluster.observe(ID, signal);
    expect(seen?.at).toBe(Date.parse('2031-01-01T00:00:00Z'));
    expect(seen?.tasks).toMatchObject([{ since: '2030-12-31T23:59:55.999Z' }]);
  });

  it.each([
    { name: 'a global service', mode: { Global: {} }, running: true },
    { name: 'a task that does not run', mode: { Replicated: { Replicas: 1 } }, running: false },
  ])('asks for nodes because of $name', async ({ mode, running }) => {
    const { engine, cluster } = await start({ pace: 'manual', nodes: ['n1', 'n2'] });
    const { ID } = engine.addService({ name: 'web', image: `acme/web:v1@${OLD}`, mode });
    if (!running) await cluster.updateImage(updateOf(await only(cluster)), signal);
    const seen = await cluster.observe(ID, signal);
    expect(
      seen?.nodes?.map(({ hostname, state, availability }) => [hostname, state, availability]),
    ).toEqual([
      ['n1', 'ready', 'active'],
      ['n2', 'ready', 'active'],
    ]);
  });

  it('lists nodes and services with their platforms as images spell them', async () => {
    const { engine, cluster } = await start({ nodes: ['n1'] });
    engine.addService({ name: 'web', image: `acme/web:v1@${OLD}` });
    expect((await only(cluster)).platforms).toEqual([]);
    engine.changeSpec('web', ({ TaskTemplate }) => {
      TaskTemplate.Placement = { Platforms: [{ Architecture: 'arm64', OS: 'linux' }] };
    });
    expect((await only(cluster)).platforms).toEqual([{ architecture: 'arm64', os: 'linux' }]);
    expect(await cluster.listNodes(signal)).toMatchObject([
      { hostname: 'n1', platform: { architecture: 'amd64', os: 'linux' } },
    ]);
  });

  it('tells why a task failed', async () => {
    const { engine, cluster } = await start();
    engine.setOutcome(NEW, { kind: 'crash', exitCode: 3 });
    const { ID } = engine.addService({ name: 'web', image: `acme/web:v1@${OLD}` });
    await cluster.updateImage(updateOf(await only(cluster)), signal);
    const seen = await cluster.observe(ID, signal);
    expect(seen?.service.update?.state).toBe('paused');
    expect(seen?.tasks?.find((task) => task.state === 'failed')).toMatchObject({
      digest: NEW,
      exitCode: 3,
      error: 'task: non-zero exit (3)',
    });
  });

  it('knows that a service is no more', async () => {
    const { cluster } = await start();
    expect(await cluster.observe('gone', signal)).toBeNull();
  });

  it('lists the tasks that should run, of all services, of some, of one that is no more', async () => {
    const { engine, cluster } = await start();
    const ids = ['a', 'b', 'c'].map(
      (name) => engine.addService({ name, image: 'acme/web:v1', replicas: 2 }).ID,
    );
    const count = async (of: readonly string[] | null): Promise<number | undefined> =>
      (await cluster.listRunningTasks(of, signal))?.length;
    expect(await count(null)).toBe(6);
    expect(await count(ids.slice(0, 2))).toBe(4);
    expect(await count([ids[0] ?? '', 'gone'])).toBe(2);
    expect(
      await count([...ids.slice(1), ...Array.from({ length: 60 }, (_, at) => `gone${at}`)]),
    ).toBe(4);
    expect(await count([])).toBe(0);
  });

  it('counts replicas where it is asked to, and gives the tasks that ended too, with its own time', async () => {
    const { engine, cluster } = await start();
    const { ID } = engine.addService({ name: 'web', image: 'acme/web:v1', replicas: 2 });
    engine.addService({ name: 'api', image: 'acme/web:v1', replicas: 1 });
    engine.changeSpec('web', ({ TaskTemplate }) => {
      TaskTemplate.ForceUpdate = 1;
    });
    const services = await cluster.countServices(signal);
    expect(new Set(services.map(({ replicas }) => replicas?.desired))).toEqual(new Set([1, 2]));
    expect((await cluster.listServices(signal)).map(({ replicas }) => replicas)).toEqual([
      null,
      null,
    ]);
    const some = await cluster.listTasks([ID], signal);
    expect(some?.tasks.every(({ serviceId }) => serviceId === ID)).toBe(true);
    expect(some?.tasks.length).toBeGreaterThan(2);
    expect(some?.at).not.toBeNull();
    const all = await cluster.listTasks(null, signal);
    expect(all?.tasks.length).toBe((some?.tasks.length ?? 0) + 1);
    expect((await cluster.listTasks([ID, 'gone'], signal))?.tasks).toHaveLength(
      some?.tasks.length ?? 0,
    );
    expect((await cluster.listTasks([], signal))?.tasks).toEqual([]);
  });

  it('gives the last log lines of one task', async () => {
    const { engine, cluster } = await start();
    engine.setLog(OLD, ['one', 'two \u001b[31mred\u001b[0m', 'three']);
    const { ID } = engine.addService({ name: 'web', image: `acme/web:v1@${OLD}`, replicas: 2 });
    const task = engine.tasks('web')[1]?.ID ?? '';
    expect(await cluster.readTaskLog(ID, task, 2, signal)).toEqual(['two red', 'three']);
    expect(await cluster.readTaskLog(ID, 'other', 2, signal)).toEqual([]);
    expect(await cluster.readTaskLog('gone', task, 2, signal)).toEqual([]);
  });

  it('says which swarm it is', async () => {
    const { engine, cluster } = await start({ apiVersion: '1.41' });
    expect(await cluster.identify(signal)).toEqual({
      swarmId: engine.swarmId,
      description: 'Docker Engine 28.0.0-fake, API 1.41',
    });
  });
});

const total = (engine: FakeEngine): number =>
  [...engine.requests.values()].reduce((sum, count) => sum + count, 0);

describe('updating an image through an engine', () => {
  it('pins the digest, sets the platforms, and leaves everything else', async () => {
    const { engine, cluster } = await start();
    engine.addService({
      name: 'web',
      image: `acme/web:v1@${OLD}`,
      labels: { 'com.docker.stack.image': 'acme/web:v1' },
      container: { Env: ['A=1'] },
    });
    const before = engine.service('web').Spec;
    const platforms = [{ architecture: 'amd64', os: 'linux' }];

    const service = await only(cluster);
    expect(
      await cluster.updateImage(updateOf(service, { platforms, registryAuth: 'e30=' }), signal),
    ).toEqual({
      kind: 'accepted',
      warnings: [],
      changes: [
        {
          path: 'TaskTemplate.ContainerSpec.Image',
          before: before.TaskTemplate.ContainerSpec.Image,
          after: `acme/web:v1@${NEW}`,
        },
        { path: 'TaskTemplate.Placement.Platforms[0].Architecture', before: null, after: 'amd64' },
        { path: 'TaskTemplate.Placement.Platforms[0].OS', before: null, after: 'linux' },
      ],
      lost: [],
    });

    before.TaskTemplate.ContainerSpec.Image = `acme/web:v1@${NEW}`;
    before.TaskTemplate.Placement = { Platforms: [{ Architecture: 'amd64', OS: 'linux' }] };
    expect(engine.service('web').Spec).toEqual(before);
    expect(engine.updates).toMatchObject([
      {
        query: { version: String(service.version), registryAuthFrom: 'spec' },
        registryAuth: 'e30=',
      },
    ]);
    expect((await only(cluster)).specFingerprint()).toBe(service.specFingerprint());
  });

  it('sends no credentials where none are given', async () => {
    const { engine, cluster } = await start();
    engine.addService({ name: 'web', image: 'acme/web:v1' });
    await cluster.updateImage(updateOf(await only(cluster)), signal);
    expect(engine.updates[0]?.registryAuth).toBeNull();
  });

  it('lists, and then reads what it updates under the version that it updates it under', async () => {
    const { engine, cluster } = await start();
    engine.addService({ name: 'web', image: 'acme/web:v1' });
    const service = await only(cluster);
    const before = total(engine);
    await cluster.updateImage(updateOf(service), signal);
    // The version, the spec, the update, and what became of it.
    expect(total(engine) - before).toBe(4);
  });

  it('is refused where the service changed since it was read', async () => {
    const { engine, cluster } = await start();
    engine.addService({ name: 'web', image: 'acme/web:v1' });
    const service = await only(cluster);
    engine.changeSpec('web', (spec) => {
      spec.Labels = { other: 'actor' };
    });
    expect(await cluster.updateImage(updateOf(service), signal)).toEqual({
      kind: 'out-of-sequence',
    });
    expect(engine.updates).toEqual([]);
    expect(engine.service('web').Spec.Labels).toEqual({ other: 'actor' });
  });

  it('reads the spec again for a service that it did not give out itself, and only of that version', async () => {
    const { engine, cluster } = await start();
    engine.addService({ name: 'web', image: 'acme/web:v1', container: { Env: ['A=1'] } });
    const copy = { ...(await only(cluster)) };
    expect(await cluster.updateImage(updateOf(copy), signal)).toMatchObject({ kind: 'accepted' });
    expect(engine.service('web').Spec.TaskTemplate.ContainerSpec).toMatchObject({ Env: ['A=1'] });
    expect(await cluster.updateImage(updateOf(copy), signal)).toEqual({ kind: 'out-of-sequence' });
    expect(engine.updates).toHaveLength(1);
  });

  it('can update what was observed', async () => {
    const { engine, cluster } = await start();
    const { ID } = engine.addService({ name: 'web', image: 'acme/web:v1' });
    const seen = await cluster.observe(ID, signal);
    if (seen === null) throw new Error('not seen');
    const before = total(engine);
    expect(await cluster.updateImage(updateOf(seen.service), signal)).toMatchObject({
      kind: 'accepted',
    });
    // The version, the update, and what became of it.
    expect(total(engine) - before).toBe(3);
  });

  it('keeps the warnings of the engine, and takes an unreadable answer for what it is: accepted', async () => {
    const { engine, cluster } = await start();
    engine.addService({ name: 'web', image: 'acme/web:v1' });
    const on = { method: 'POST' };
    engine.inject({ kind: 'body', text: '{"Warnings":["unable to pin"]}', on, times: 1 });
    expect(await cluster.updateImage(updateOf(await only(cluster)), signal)).toMatchObject({
      kind: 'accepted',
      warnings: ['unable to pin'],
    });
    engine.inject({ kind: 'body', text: 'OK', on, times: 1 });
    expect(await cluster.updateImage(updateOf(await only(cluster)), signal)).toMatchObject({
      kind: 'accepted',
      warnings: [],
    });
  });
});
