import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fakeImage, fakeIndex, fakeTwoPlatforms } from '../support/fake-registry-images.ts';
import { openWorkBench, type WorkBench } from '../support/work-bench.ts';

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

describe('an image that no node can run', () => {
  it.each([
    ['a plain one', fakeImage('two', { architecture: 'arm64' })],
    [
      'an index with an attestation, as buildx makes it on an Apple laptop',
      fakeIndex([
        {
          content: fakeImage('arm', { architecture: 'arm64' }),
          platform: { architecture: 'arm64', os: 'linux' },
        },
        { content: fakeImage('proof'), platform: { architecture: 'unknown', os: 'unknown' } },
      ]),
    ],
  ])('is never sent: %s', async (_what, image) => {
    const { registry, engine } = bench;
    const first = registry.setTag('acme/web', 'v1', 'one');
    engine.addService({ name: 'web', image: bench.image('acme/web:v1', first), replicas: 1 });
    bench.settle();
    const to = registry.setTag('acme/web', 'v1', image);
    const { work } = bench.start();
    await bench.hook(work, bench.image('acme/web:v1'), to);
    const ended = await bench.ended('web');
    expect(ended).toMatchObject({ state: 'failed', reason: 'no-fitting-node', to });
    expect(ended.failure?.message).toContain('linux/arm64');
    expect(engine.updates).toEqual([]);
    expect(engine.running('web')).toEqual([first]);
    // A node that can joins, and somebody pushes again.
    const [, second] = engine.nodes;
    if (second !== undefined) second.Description.Platform.Architecture = 'aarch64';
    await bench.hook(work, bench.image('acme/web:v1'), to);
    await bench.until('it is sent', () => engine.updates.length === 1);
  });
});
