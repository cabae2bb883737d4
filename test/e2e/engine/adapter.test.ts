import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { crashing, good } from '../../../sandbox/image/sample.ts';
import { waitUntil } from '../../../sandbox/machine/wait-until.ts';
import { type AttachedSandbox, attachSandbox } from '../../../sandbox/sandbox.ts';
import { createEngineCluster } from '../../../src/adapters/swarm/engine/engine.ts';
import { createSwarmpitCluster } from '../../../src/adapters/swarm/swarmpit/swarmpit.ts';
import type { Cluster, ImageUpdate } from '../../../src/core/swarm/cluster.ts';
import type { Digest } from '../../../src/core/image/digest.ts';
import { createSecret } from '../../../src/core/secret.ts';
import type { Service } from '../../../src/core/swarm/service.ts';
import { ownSandbox } from '../../support/stage/own-sandbox.ts';
import { startSwarmpitDouble } from '../../support/swarmpit/swarmpit-double.ts';
import { wholeSpec } from '../../support/fake-engine/whole-spec.ts';

const signal = AbortSignal.timeout(170_000);

const byName = async (cluster: Cluster, name: string): Promise<Service> => {
  const found = (await cluster.listServices(signal)).find((service) => service.name === name);
  if (found === undefined) throw new Error(`${name} is not listed`);
  return found;
};

const updateTo = (
  service: Service,
  digest: Digest,
  change: Partial<ImageUpdate> = {},
): ImageUpdate => ({
  service,
  digest,
  platforms: null,
  restart: false,
  registryAuth: null,
  ...change,
});

describe.concurrent('the adapter of a real engine', () => {
  let sandbox: AttachedSandbox;
  let cluster: Cluster;
  beforeAll(() => {
    sandbox = attachSandbox(ownSandbox());
    cluster = createEngineCluster({ name: 'real', url: sandbox.engines[0].url });
  });
  afterAll(async () => {
    const { services } = sandbox.engines[0];
    const own = (await services.list()).filter(({ Spec }) => Spec.Name.startsWith('adapter-'));
    await services.remove(...own.map(({ ID }) => ID));
    await cluster.close();
    await sandbox.close();
  });

  /** Two good versions under one tag, and a service that runs the first, pinned. */
  const deployFirst = async (name: string, request: object = {}) => {
    const repository = `adapter/${name}`;
    const first = await sandbox.pushImage(repository, 'v1', good('one'));
    const second = await sandbox.pushImage(repository, 'v1', good('two'));
    await sandbox.engines[0].services.deploy({
      name: `adapter-${name}`,
      image: sandbox.image(repository, 'v1', first.digest),
      ...request,
    });
    return { name: `adapter-${name}`, repository, first: first.digest, second: second.digest };
  };

  test('says which swarm it is, and that two are two', async () => {
    const other = createEngineCluster({ name: 'other', url: sandbox.engines[1]?.url ?? '' });
    const [one, two] = await Promise.all([cluster.identify(signal), other.identify(signal)]);
    await other.close();
    expect(one.swarmId).toMatch(/^[a-z0-9]{25}$/);
    expect(two.swarmId).not.toBe(one.swarmId);
    expect(one.description).toMatch(/^Docker Engine \d+\..*, API 1\.\d+$/);
  });

  test('pins the digest and sets the platforms, and changes nothing else of the spec', async () => {
    const { services, api } = sandbox.engines[0];
    const { name, repository, second } = await deployFirst('pin', {
      replicas: 2,
      env: ['A=1'],
      labels: { 'com.docker.stack.image': 'as it was' },
      constraints: ['node.role==manager'],
      containerSpec: { StopGracePeriod: 1_000_000_000 },
    });
    const before = await api.call<{ Spec: { TaskTemplate: Record<string, object> } }>(
      'GET',
      `/services/${name}`,
    );
    const service = await byName(cluster, name);

    const platforms = [{ architecture: 'amd64', os: 'linux' }];
    const answer = await cluster.updateImage(updateTo(service, second, { platforms }), signal);
    expect(answer).toMatchObject({ kind: 'accepted', warnings: [] });

    const after = await api.call<{ Spec: object }>('GET', `/services/${name}`);
    const { ContainerSpec, Placement } = before.Spec.TaskTemplate;
    expect(after.Spec).toEqual({
      ...before.Spec,
      TaskTemplate: {
        ...before.Spec.TaskTemplate,
        ContainerSpec: { ...ContainerSpec, Image: sandbox.image(repository, 'v1', second) },
        Placement: { ...Placement, Platforms: [{ Architecture: 'amd64', OS: 'linux' }] },
      },
    });
    await services.converged(name, { digest: second });
    const seen = await cluster.observe(service.id, signal);
    expect(seen).toMatchObject({ nodes: null, service: { replicas: { running: 2, desired: 2 } } });
    expect(seen?.service.specFingerprint()).toBe(service.specFingerprint());
    const running = await cluster.listRunningTasks([service.id], signal);
    expect(running?.map(({ digest, state, slot }) => [digest, state, slot]).toSorted()).toEqual([
      [second, 'running', 1],
      [second, 'running', 2],
    ]);
  });

  test.each(['replicated', 'global', 'replicated-job', 'global-job'] as const)(
    'changes nothing but the image of a %s service that has every field there is',
    async (mode) => {
      const { api } = sandbox.engines[0];
      const repository = `adapter/whole-${mode}`;
      const first = await sandbox.pushImage(repository, 'v1', good('one'));
      const second = await sandbox.pushImage(repository, 'v1', good('two'));
      const Name = `whole-${mode}`;
      const Data = Buffer.from('of a test').toString('base64');
      const make = async (kind: string, body: object): Promise<string> =>
        (await api.call<{ ID: string }>('POST', `/${kind}/create`, { body })).ID;
      const { ApiVersion } = await api.call<{ ApiVersion: string }>('GET', '/version');
      await make('networks', { Name, Driver: 'overlay' });
      const name = `adapter-${Name}`;
      const refs = {
        image: sandbox.image(repository, 'v1', first.digest),
        name: Name,
        secretId: await make('secrets', { Name, Data }),
        configId: await make('configs', { Name, Data }),
      };
      await api.call('POST', '/services/create', {
        body: wholeSpec(name, mode, refs, ApiVersion),
      });
      const platforms = [
        { architecture: 'amd64', os: 'linux' },
        { architecture: '', os: 'linux' },
      ];
      for (const change of [
        { digest: second.digest, platforms },
        { digest: second.digest, restart: true },
        { digest: first.digest, platforms: [] },
      ]) {
        const answer = await waitUntil(
          async () => {
            // Behind a global service the engine itself writes the service now and then.
            const service = await byName(cluster, name);
            const given = await cluster.updateImage(
              updateTo(service, change.digest, change),
              signal,
            );
            return given.kind === 'accepted' ? given : null;
          },
          { what: 'the update is taken', withinMs: 30_000 },
        );
        expect(answer.lost).toEqual([]);
      }
    },
  );

  test('is told that a service changed since it was read, and changes nothing', async () => {
    const { services } = sandbox.engines[0];
    const { name, second } = await deployFirst('late');
    const service = await byName(cluster, name);
    await cluster.updateImage(updateTo(service, second), signal);
    const version = (await services.inspect(name)).Version.Index;
    expect(await cluster.updateImage(updateTo({ ...service }, second), signal)).toEqual({
      kind: 'out-of-sequence',
    });
    expect(await cluster.updateImage(updateTo(service, second), signal)).toEqual({
      kind: 'out-of-sequence',
    });
    expect((await services.inspect(name)).Spec.TaskTemplate.ContainerSpec.Image).toContain(second);
    expect((await services.inspect(name)).Version.Index).toBeGreaterThanOrEqual(version);
  });

  test('updates a service without tasks, whose update status stays empty', async () => {
    const { name, second } = await deployFirst('zero', { replicas: 0 });
    const service = await byName(cluster, name);
    await cluster.updateImage(updateTo(service, second), signal);
    const seen = await cluster.observe(service.id, signal);
    expect(seen).toMatchObject({
      tasks: [],
      service: { update: null, replicas: { running: 0, desired: 0 } },
    });
    expect(seen?.service.image).toMatchObject({ ok: true, image: { digest: second } });
  });

  test('updates a global service and tells its nodes', async () => {
    const { services } = sandbox.engines[0];
    const { name, second } = await deployFirst('global', { mode: 'global' });
    const service = await byName(cluster, name);
    expect(service.mode).toBe('global');
    await cluster.updateImage(updateTo(service, second), signal);
    await services.converged(name, { digest: second });
    const seen = await cluster.observe(service.id, signal);
    expect(seen?.service.replicas).toEqual({ running: 1, desired: 1 });
    expect(seen?.nodes).toMatchObject([{ state: 'ready', availability: 'active' }]);
    const running = seen?.tasks?.filter((task) => task.desired === 'running');
    expect(running).toMatchObject([{ digest: second, slot: null, nodeId: seen?.nodes?.[0]?.id }]);
  });

  test('tells a job for what it is', async () => {
    const { api } = sandbox.engines[0];
    const { digest } = await sandbox.pushImage('adapter/job', 'v1', crashing('job', { code: 0 }));
    await api.call('POST', '/services/create', {
      body: {
        Name: 'adapter-job',
        TaskTemplate: { ContainerSpec: { Image: sandbox.image('adapter/job', 'v1', digest) } },
        Mode: { ReplicatedJob: { MaxConcurrent: 1, TotalCompletions: 1 } },
      },
    });
    const service = await byName(cluster, 'adapter-job');
    expect(service.mode).toBe('replicated-job');
    const done = await waitUntil(
      async () => {
        const seen = await cluster.observe(service.id, signal);
        return seen?.tasks?.find((task) => task.state === 'complete') ?? null;
      },
      { what: 'the job is done', withinMs: 30_000 },
    );
    expect(done).toMatchObject({ jobIteration: 0, exitCode: 0, digest });
  });

  test('a job with more completions than run at once is to do them all', async () => {
    const { api } = sandbox.engines[0];
    const { digest } = await sandbox.pushImage('adapter/jobs', 'v1', crashing('jobs', { code: 0 }));
    const completions = 5;
    await api.call('POST', '/services/create', {
      body: {
        Name: 'adapter-jobs',
        TaskTemplate: { ContainerSpec: { Image: sandbox.image('adapter/jobs', 'v1', digest) } },
        Mode: { ReplicatedJob: { MaxConcurrent: 2, TotalCompletions: completions } },
      },
    });
    const service = await byName(cluster, 'adapter-jobs');
    const seen = await waitUntil(
      async () => {
        const at = await cluster.observe(service.id, signal);
        const done = at?.tasks?.filter((task) => task.state === 'complete') ?? [];
        return done.length === completions ? at : null;
      },
      { what: 'every completion', withinMs: 60_000 },
    );
    expect(seen.service.replicas).toMatchObject({ desired: completions });
    expect(new Set(seen.tasks?.map(({ slot }) => slot)).size).toBe(completions);
  });

  test('tells why a task failed, with what it wrote', async () => {
    const { name, repository, first } = await deployFirst('crash', {
      failureAction: 'rollback',
      monitorMs: 4000,
    });
    const bad = await sandbox.pushImage(repository, 'v1', crashing('bad'));
    const service = await byName(cluster, name);
    await cluster.updateImage(updateTo(service, bad.digest), signal);
    const seen = await waitUntil(
      async () => {
        const at = await cluster.observe(service.id, signal);
        return at?.service.update?.state === 'rollback_completed' ? at : null;
      },
      { what: 'the engine takes it back', withinMs: 60_000 },
    );
    expect(seen.service.image).toMatchObject({ ok: true, image: { digest: first } });
    const failed = seen.tasks?.find((task) => task.state === 'failed');
    expect(failed).toMatchObject({
      digest: bad.digest,
      exitCode: 3,
      error: 'task: non-zero exit (3)',
    });
    const lines = await cluster.readTaskLog(service.id, failed?.id ?? '', 20, signal);
    expect(lines.length).toBeGreaterThan(0);
    expect(lines.length).toBeLessThanOrEqual(20);
    expect(await cluster.readTaskLog(service.id, 'another', 20, signal)).toEqual([]);
  });

  test('knows that a service was removed', async () => {
    const { name, second } = await deployFirst('gone');
    const service = await byName(cluster, name);
    await sandbox.engines[0].services.remove(name);
    expect(await cluster.observe(service.id, signal)).toBeNull();
    // An engine answers before it removes the tasks.
    await waitUntil(
      async () => {
        const tasks = await cluster.listRunningTasks([service.id], signal);
        return tasks?.length === 0 ? true : null;
      },
      { what: 'its tasks are gone', withinMs: 30_000 },
    );
    await expect(cluster.updateImage(updateTo(service, second), signal)).rejects.toMatchObject({
      code: 'not-found',
      retryable: false,
      mayHaveHappened: false,
    });
  });

  test('updates through Swarmpit as well', async () => {
    const { services, url } = sandbox.engines[0];
    const { name, second } = await deployFirst('swarmpit');
    const { registry } = sandbox;
    const double = await startSwarmpitDouble({
      engineUrl: url,
      registries: { [registry.host]: registry.url },
    });
    const swarmpit = createSwarmpitCluster({
      name: 'swarmpit',
      url: `${double.url}/api`,
      token: createSecret(double.token),
    });
    try {
      const service = await byName(swarmpit, name);
      const update = { ...updateTo(service, second), digest: null };
      expect(await swarmpit.updateImage(update, signal)).toEqual({
        kind: 'accepted',
        warnings: [],
        changes: null,
      });
      await services.converged(name, { digest: second });
      const seen = await swarmpit.observe(service.id, signal);
      expect(seen).toMatchObject({
        service: {
          forceUpdate: 1,
          replicas: { running: 1, desired: 1 },
          image: { image: { digest: second } },
        },
        tasks: expect.arrayContaining([
          expect.objectContaining({ slot: 1, state: 'running', digest: second }),
        ]),
      });
      expect(await swarmpit.updateImage(update, signal)).toEqual({ kind: 'out-of-sequence' });
    } finally {
      await swarmpit.close();
      await double.close();
    }
  });
});
