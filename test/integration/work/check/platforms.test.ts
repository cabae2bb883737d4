import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fakeImage, fakeIndex, fakeTwoPlatforms } from '../../../support/fake-registry/images.ts';
import { createEngineCluster } from '../../../../src/adapters/swarm/engine/engine.ts';
import { silentLog } from '../../../../src/core/log.ts';
import { inspectServices } from '../../../../src/work/reads/inspect.ts';
import { openWorkBench, type WorkBench } from '../../../support/work/work-bench.ts';

const AMD64 = { Architecture: 'amd64', OS: 'linux' };
const ARM64 = { Architecture: 'arm64', OS: 'linux' };

let bench: WorkBench;
beforeEach(async () => {
  bench = await openWorkBench({ engine: { nodes: ['n1', 'n2'] } });
});
afterEach(async () => {
  await bench.close();
  expect(bench.errors).toEqual([]);
});

const platforms = () => bench.engine.service('web').Spec.TaskTemplate.Placement?.Platforms;

/** The platforms of a service that had these, after a push of this image. */
const afterPush = async (
  before: object[],
  image: Parameters<WorkBench['registry']['setTag']>[2],
) => {
  const { registry, engine } = bench;
  const first = registry.setTag('acme/web', 'v1', 'one');
  engine.addService({ name: 'web', image: bench.image('acme/web:v1', first), replicas: 1 });
  engine.changeSpec('web', ({ TaskTemplate }) => {
    TaskTemplate.Placement = { Platforms: before };
  });
  bench.settle();
  const to = registry.setTag('acme/web', 'v1', image);
  const { work } = bench.start();
  await bench.hook(work, bench.image('acme/web:v1'), to);
  expect(await bench.ended('web')).toMatchObject({ state: 'succeeded', to });
  return platforms();
};

describe('an update to a plain image', () => {
  it('sets its platform where a node is of another', async () => {
    const [, second] = bench.engine.nodes;
    if (second !== undefined) second.Description.Platform.Architecture = 'aarch64';
    expect(await afterPush([AMD64], fakeImage('two', { architecture: 'arm64' }))).toEqual([ARM64]);
  });

  it('sets its platform where the spec names none', async () => {
    expect(await afterPush([], fakeImage('two'))).toEqual([AMD64]);
  });

  // As Docker's command line does: nothing is known to stand in the way of any node.
  it('names none where its configuration cannot be read', async () => {
    bench.registry.fault({ kind: 'status', status: 500 }, { method: 'GET', kind: 'blob' });
    expect(await afterPush([AMD64], fakeImage('two'))).toBeUndefined();
  });
});

it('an update to an index sets the platforms of its manifest', async () => {
  expect(await afterPush([AMD64], fakeTwoPlatforms('two'))).toEqual([AMD64, ARM64]);
});

it('the nodes are asked for while the service is read', async () => {
  const { registry, engine } = bench;
  addWeb();
  const to = registry.setTag('acme/web', 'v1', fakeImage('two'));
  const { promise: asked, resolve } = Promise.withResolvers<void>();
  const { work } = bench.start(
    {},
    {
      cluster: (cluster) => ({
        ...cluster,
        // If one waited for the other, neither would be answered.
        observe: async (id, signal) => {
          await asked;
          return cluster.observe(id, signal);
        },
        listNodes: (signal) => {
          resolve();
          return cluster.listNodes(signal);
        },
      }),
    },
  );
  await bench.hook(work, bench.image('acme/web:v1'), to);
  await bench.until('it is sent', () => engine.updates.length === 1);
});

/** What `docker buildx build --push` makes on an Apple laptop. */
const armIndex = () =>
  fakeIndex([
    {
      content: fakeImage('arm', { architecture: 'arm64' }),
      platform: { architecture: 'arm64', os: 'linux' },
    },
    { content: fakeImage('proof'), platform: { architecture: 'unknown', os: 'unknown' } },
  ]);

const addWeb = (isPinned = true) => {
  const { registry, engine } = bench;
  const first = registry.setTag('acme/web', 'v1', 'one');
  const image = bench.image('acme/web:v1', isPinned ? first : null);
  engine.addService({ name: 'web', image, replicas: 1 });
  bench.settle();
  return first;
};

const views = async () => {
  const cluster = createEngineCluster({ name: 'one', url: bench.engine.url });
  const clusters = [{ cluster, select: 'all' as const }];
  const deps = {
    clusters,
    db: bench.store.db,
    now: bench.clock.now,
    followsIndex: () => false,
    log: silentLog,
  };
  try {
    return await inspectServices(deps, {}, AbortSignal.timeout(5_000));
  } finally {
    await cluster.close();
  }
};

describe('an image that no node can run', () => {
  it.each([
    ['a plain one', () => fakeImage('two', { architecture: 'arm64' }), 'linux/arm64'],
    ['a plain one for 32-bit ARM', () => fakeImage('two', { architecture: 'arm' }), 'linux/arm'],
    ['an index with an attestation', armIndex, 'linux/arm64'],
  ])('is never sent, and fails once: %s', async (_what, image, platform) => {
    const { registry, engine } = bench;
    const first = addWeb();
    const to = registry.setTag('acme/web', 'v1', image());
    const { work } = bench.start();
    const { id } = await bench.hook(work, bench.image('acme/web:v1'));
    const ended = await bench.ended('web');
    expect(ended).toMatchObject({ state: 'failed', reason: 'no-fitting-node', to });
    expect(ended.failure?.message).toContain(platform);
    await bench.letFollowUpsPass(id);
    const again = await bench.hook(work, bench.image('acme/web:v1'));
    await bench.letFollowUpsPass(again.id);
    expect(await bench.deployments('web')).toHaveLength(1);
    expect(engine.updates).toEqual([]);
    expect(engine.running('web')).toEqual([first]);
    const [view] = await views();
    expect(view).toMatchObject({ verdict: 'held', reason: 'no-fitting-node' });
    expect(view?.detail).toContain(platform);
  });

  it('is sent with the next check once a node can', async () => {
    const { registry, engine } = bench;
    addWeb();
    const to = registry.setTag('acme/web', 'v1', armIndex());
    const { work } = bench.start();
    await bench.hook(work, bench.image('acme/web:v1'), to);
    await bench.ended('web');
    const [, second] = engine.nodes;
    if (second !== undefined) second.Description.Platform.Architecture = 'aarch64';
    expect(await views()).toMatchObject([{ verdict: 'obsolete' }]);
    await bench.hook(work, bench.image('acme/web:v1'), to);
    await bench.until('it is sent', () => engine.updates.length === 1);
  });

  it('is held for another service of its digest as well', async () => {
    const { registry, engine } = bench;
    const first = addWeb();
    registry.setTag('acme/web', 'v1', armIndex());
    const { work } = bench.start();
    const { id } = await bench.hook(work, bench.image('acme/web:v1'));
    await bench.ended('web');
    await bench.letFollowUpsPass(id);
    engine.addService({ name: 'api', image: bench.image('acme/web:v1', first), replicas: 1 });
    const again = await bench.hook(work, bench.image('acme/web:v1'));
    await bench.letFollowUpsPass(again.id);
    expect(await bench.deployments('api')).toEqual([]);
    expect(engine.updates).toEqual([]);
  });

  it('fails once where the service names no digest', async () => {
    const { registry, engine } = bench;
    addWeb(false);
    registry.setTag('acme/web', 'v1', armIndex());
    const { work } = bench.start();
    const { id } = await bench.hook(work, bench.image('acme/web:v1'));
    await bench.ended('web');
    await bench.letFollowUpsPass(id);
    expect(await bench.deployments('web')).toMatchObject([{ reason: 'no-fitting-node' }]);
    expect(engine.updates).toEqual([]);
  });

  it('is held where the nodes that the constraints allow cannot', async () => {
    const { registry, engine } = bench;
    addWeb();
    engine.changeSpec('web', ({ TaskTemplate }) => {
      TaskTemplate.Placement = { Constraints: ['node.labels.zone == a'] };
    });
    const [one, two] = engine.nodes;
    if (one !== undefined) one.Spec.Labels = { zone: 'a' };
    if (two !== undefined) two.Description.Platform.Architecture = 'aarch64';
    registry.setTag('acme/web', 'v1', armIndex());
    const { work } = bench.start();
    const { id } = await bench.hook(work, bench.image('acme/web:v1'));
    await bench.ended('web');
    await bench.letFollowUpsPass(id);
    const [found, ...more] = await bench.deployments('web');
    expect(more).toEqual([]);
    expect(found?.failure?.message).toContain('node.labels.zone == a are linux/amd64');
    expect(engine.updates).toEqual([]);
  });
});
