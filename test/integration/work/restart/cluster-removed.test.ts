import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Digest } from '../../../../src/core/image/digest.ts';
import { EVERY_SERVICE } from '../../../../src/core/contract/every-service.ts';
import { readRun } from '../../../../src/store/runs/read-runs.ts';
import { pushQueue } from '../../../../src/store/deployments/queue-depth.ts';
import { openWorkBench, type WorkBench } from '../../../support/work/work-bench.ts';

let bench: WorkBench;
let first: Digest;
let second: Digest;
beforeEach(async () => {
  bench = await openWorkBench({ speed: 20, clusters: ['one', 'two'] });
  first = bench.registry.setTag('acme/web', 'v1', 'one');
  second = bench.registry.setTag('acme/web', 'v1', 'two');
  for (const engine of Object.values(bench.engines))
    engine.addService({ name: 'web', image: image(first), replicas: 2, update: { Monitor: 1e9 } });
  bench.settle();
});
afterEach(async () => {
  await bench.close();
  expect(bench.errors).toEqual([]);
});

const image = (digest: Digest | null = null): string => bench.image('acme/web:v1', digest);
const resultsOf = async (id: string) => (await bench.delivery(id)).pushes[0]?.results ?? [];
const resultOn = async (id: string, cluster: string) =>
  (await resultsOf(id)).find((result) => result.cluster === cluster);

const isDone = async (id: string, cluster: string): Promise<boolean> =>
  (await resultOn(id, cluster))?.state === 'done';

it('ends what waits for a cluster that was taken out, and takes it up anew when it is back', async () => {
  bench.engines['two']?.inject({ kind: 'drop-before' });
  const both = bench.start();
  const { id } = await bench.hook(both.work, image(), second);
  await bench.until('cluster one is served', () => isDone(id, 'one'));
  await both.stop();
  expect(await resultOn(id, 'two')).toMatchObject({ state: 'waiting' });

  const without = bench.start({}, { only: ['one'] });
  await bench.until('the push has its end', () => isDone(id, 'two'));
  expect(await resultOn(id, 'two')).toMatchObject({
    outcome: 'given-up',
    detail: 'the cluster is no longer in the configuration',
  });
  expect(await pushQueue(bench.store.db)).toEqual([]);
  await without.stop();

  bench.engines['two']?.clearFaults();
  const again = bench.start();
  expect(await resultOn(id, 'one')).toMatchObject({ outcome: 'deployed' });
  const third = bench.registry.setTag('acme/web', 'v1', 'three');
  const next = await bench.hook(again.work, image(), third);
  await bench.until('both have it', async () => {
    const ended = await Promise.all(['one', 'two'].map((cluster) => isDone(next.id, cluster)));
    return ended.every(Boolean);
  });
  expect(await resultsOf(next.id)).toMatchObject([
    { outcome: 'deployed' },
    { outcome: 'deployed' },
  ]);
  await bench.until('cluster two is updated', () => bench.engines['two']?.updates.length === 1);
});

it('ends the deployments of a cluster that was taken out, and the run that waits for them', async () => {
  const two = bench.engines['two'];
  const service = two?.service('web').ID ?? '';
  two?.inject({ kind: 'drop-before', on: { path: new RegExp(`^/services/${service}`) } });
  const both = bench.start();
  const run = await both.work.smartRedeploy.start(EVERY_SERVICE, {
    origin: 'person',
    actor: 'oncall',
    signal: AbortSignal.timeout(20_000),
  });
  await bench.until('cluster one is served', async () =>
    (await bench.deployments()).some(({ state }) => state === 'succeeded'),
  );
  await both.stop();
  const without = bench.start({}, { only: ['one'] });
  const ended = await bench.until('the run has ended', async () => {
    const found = await readRun(bench.store.db, run.id);
    return found?.endedAt === null ? null : found;
  });
  expect(ended).toMatchObject({ state: 'done' });
  const deployments = await bench.deployments();
  expect(deployments.find(({ cluster }) => cluster === 'two')).toMatchObject({
    state: 'skipped',
    reason: 'cluster-removed',
  });
  await without.stop();
  // What was published since may be another by the time that it is back.
  two?.clearFaults();
  bench.start();
  await bench.clock.wait(60_000, AbortSignal.timeout(20_000));
  expect(two?.updates).toEqual([]);
});

it('knows nothing of an update that was sent to a cluster which was taken out before its end', async () => {
  const both = bench.start();
  await bench.hook(both.work, image(), second);
  await bench.until('it is under way on two', async () =>
    (await bench.deployments()).some(
      ({ cluster, state }) => cluster === 'two' && state === 'verifying',
    ),
  );
  await both.stop();
  bench.start({}, { only: ['one'] });
  const deployment = await bench.until('it has its end', async () => {
    const found = (await bench.deployments()).find(({ cluster }) => cluster === 'two');
    return found?.endedAt === null ? null : found;
  });
  expect(deployment).toMatchObject({
    state: 'failed',
    reason: 'outcome-unknown',
    failure: { message: 'the cluster is no longer in the configuration' },
  });
});
