import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Digest } from '../../../../src/core/image/digest.ts';
import {
  openWorkBench,
  type RunningWork,
  type WorkBench,
} from '../../../support/work/work-bench.ts';

const SECOND_NS = 1_000_000_000;
const SLOW = ['slow-1', 'slow-2'];

let bench: WorkBench;
beforeEach(async () => {
  bench = await openWorkBench({ speed: 10, maxParallel: 2 });
});
afterEach(async () => {
  await bench.close();
  expect(bench.errors).toEqual([]);
});

/** Adds a service of a repository of its own, and publishes its next version. */
const addService = (name: string, delayMs = 0): { readonly image: string; to: Digest } => {
  const from = bench.registry.setTag(`acme/${name}`, 'v1', 'one');
  const image = bench.image(`acme/${name}:v1`);
  bench.engine.addService({
    name,
    image: `${image}@${from}`,
    replicas: 3,
    update: { Monitor: SECOND_NS, Delay: (delayMs / 1_000) * SECOND_NS },
  });
  return { image, to: bench.registry.setTag(`acme/${name}`, 'v1', 'two') };
};

const push = async (work: RunningWork['work'], image: string): Promise<void> => {
  await bench.hook(work, image);
};
const isUpdated = (name: string) => (): boolean =>
  bench.engine.updates.some((update) => update.name === name);

/** As many services as there are places, each in the middle of an update that waits a long time between two tasks. */
const fillPlaces = async (work: RunningWork['work'], delayMs: number): Promise<void> => {
  const images = SLOW.map((name) => addService(name, delayMs).image);
  bench.settle();
  for (const image of images) await push(work, image);
  for (const name of SLOW) await bench.until(`${name} is updated`, isUpdated(name));
};

it('a push is deployed beside rollouts whose tasks no node can run', async () => {
  const { work } = bench.start();
  const { image, to } = addService('web');
  const images = SLOW.map((name) => addService(name).image);
  bench.settle();
  for (const name of SLOW) {
    const stuck = bench.registry.setTag(`acme/${name}`, 'v1', 'fits nowhere');
    bench.engine.setOutcome(stuck, { kind: 'never-placed' });
  }
  for (const one of images) await push(work, one);
  for (const name of SLOW) await bench.until(`${name} is updated`, isUpdated(name));
  await push(work, image);
  expect(await bench.ended('web')).toMatchObject({ state: 'succeeded', to });
  for (const name of SLOW) {
    expect(await bench.deployments(name)).toMatchObject([{ state: 'verifying' }]);
  }
});

describe('beside as many rollouts that wait between two tasks as there are places', () => {
  it('a push is deployed', async () => {
    const { work } = bench.start();
    const { image, to } = addService('web');
    await fillPlaces(work, 600_000);
    await push(work, image);
    expect(await bench.ended('web')).toMatchObject({ state: 'succeeded', to });
    for (const name of SLOW) {
      expect(await bench.deployments(name)).toMatchObject([{ state: 'verifying' }]);
    }
  });

  it('they are followed on after a restart, whatever else waits', async () => {
    const first = bench.start();
    await fillPlaces(first.work, 20_000);
    const others = ['a', 'b', 'c'].map((name) => addService(name, 20_000));
    for (const { image } of others) await push(first.work, image);
    for (const name of ['a', 'b', 'c']) await bench.until(`${name} is updated`, isUpdated(name));
    await first.stop();
    bench.start();
    for (const name of [...SLOW, 'a', 'b', 'c']) {
      expect(await bench.ended(name)).toMatchObject({ state: 'succeeded' });
    }
  });
});

it('what a person asks for is not kept by rollouts that restart tasks', async () => {
  const { work } = bench.start();
  addService('web');
  const images = SLOW.map((name) => addService(name).image);
  bench.settle();
  // Their tasks start for as long as the test lasts.
  for (const name of SLOW) {
    const to = bench.registry.setTag(`acme/${name}`, 'v1', 'hangs');
    bench.engine.setOutcome(to, { kind: 'good', startMs: 3_600_000 });
  }
  for (const image of images) await push(work, image);
  for (const name of SLOW) await bench.until(`${name} is updated`, isUpdated(name));
  const by = { actor: 'oncall', signal: AbortSignal.timeout(20_000) };
  await work.acts.redeploy({ cluster: 'one', service: 'web' }, { force: false }, by);
  expect(await bench.ended('web')).toMatchObject({ state: 'succeeded' });
  for (const name of SLOW) {
    expect(await bench.deployments(name)).toMatchObject([{ state: 'verifying' }]);
  }
});
