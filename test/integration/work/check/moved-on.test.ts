import { afterEach, expect, it } from 'vitest';
import { EVERY_SERVICE } from '../../../../src/core/contract/every-service.ts';
import { readRun } from '../../../../src/store/runs/read-runs.ts';
import { fakeTwoPlatforms } from '../../../support/fake-registry/images.ts';
import { openWorkBench, type WorkBench } from '../../../support/work/work-bench.ts';

let bench: WorkBench;
afterEach(async () => {
  await bench.close();
  expect(bench.errors).toEqual([]);
});

it('a push whose first look was answered by half is deployed by the next, which asks no more for the digest', async () => {
  bench = await openWorkBench({ speed: 20 });
  const { registry, engine, image } = bench;
  const one = registry.setTag('acme/web', 'v1', fakeTwoPlatforms('one'));
  engine.addService({ name: 'web', image: image('acme/web:v1', one), update: { Monitor: 1e9 } });
  bench.settle();
  const { work } = bench.start();
  // So that an older digest of the tag is remembered.
  await bench.hook(work, image('acme/web:v1'), one);
  await bench.checked();
  bench.clock.skip(60_000);
  const two = registry.setTag('acme/web', 'v1', fakeTwoPlatforms('two'));
  registry.fault({ kind: 'status', status: 500 }, { method: 'GET', kind: 'manifest', times: 1 });
  await bench.hook(work, image('acme/web:v1'), two);
  expect(await bench.ended('web')).toMatchObject({ state: 'succeeded', to: two });
  expect(engine.running('web')).toEqual([two]);
});

it('a run that asked before a push came neither takes its place nor keeps it from its turn', async () => {
  bench = await openWorkBench({ speed: 20, maxParallel: 1 });
  const { registry, engine, image, clock } = bench;
  const zero = registry.setTag('acme/web', 'v1', 'zero');
  for (const name of ['a', 'b'])
    engine.addService({ name, image: image('acme/web:v1', zero), update: { Monitor: 1e9 } });
  bench.settle();
  const one = registry.setTag('acme/web', 'v1', 'one');
  const answered = Promise.withResolvers<void>();
  const sent = Promise.withResolvers<void>();
  let asked = 0;
  const { work } = bench.start(
    {},
    {
      registries: (real) => ({
        ...real,
        findDigest: async (each, signal) => {
          asked += 1;
          const isFirst = asked === 1;
          const answer = await real.findDigest(each, signal);
          if (isFirst) {
            answered.resolve();
            await sent.promise;
          }
          return answer;
        },
      }),
    },
  );
  const run = await work.smartRedeploy.start(EVERY_SERVICE, {
    origin: 'person',
    actor: 'oncall',
    signal: AbortSignal.timeout(20_000),
  });
  await answered.promise;
  // A moment later, by any clock.
  clock.skip(1_000);
  const two = registry.setTag('acme/web', 'v1', 'two');
  await bench.hook(work, image('acme/web:v1'), two);
  await bench.until('one is under way', () => engine.updates.length === 1);
  sent.resolve();
  const seen = await bench.until('the run has ended', async () => {
    const view = await readRun(bench.store.db, run.id);
    return view?.endedAt === null ? null : view;
  });
  expect(seen?.state).toBe('done');
  for (const name of ['a', 'b']) {
    expect(await bench.ended(name)).toMatchObject({ state: 'succeeded', to: two });
    expect(engine.running(name)).toEqual([two]);
  }
  expect(engine.updates.map(({ image: text }) => text.includes(one))).toEqual([false, false]);
});

it('a registry that shows once more what it showed before keeps no push from its turn', async () => {
  bench = await openWorkBench({ speed: 20, maxParallel: 1 });
  const { registry, engine, image } = bench;
  const one = registry.setTag('acme/web', 'v1', 'one');
  for (const name of ['a', 'b'])
    engine.addService({ name, image: image('acme/web:v1', one), replicas: 3 });
  bench.settle();
  const two = registry.setTag('acme/web', 'v1', 'two');
  let isBehind = false;
  const { work } = bench.start(
    {},
    {
      registries: (real) => ({
        ...real,
        findDigest: async (each, signal) => {
          const answer = await real.findDigest(each, signal);
          // One of its replicas has not heard of it yet.
          return isBehind && answer.kind === 'published' ? { ...answer, digest: one } : answer;
        },
      }),
    },
  );
  await bench.hook(work, image('acme/web:v1'), two);
  await bench.until('one is under way', () => engine.updates.length === 1);
  isBehind = true;
  await work.smartRedeploy.start(
    { ...EVERY_SERVICE, dryRun: true },
    { origin: 'person', actor: 'oncall', signal: AbortSignal.timeout(20_000) },
  );
  isBehind = false;
  for (const name of ['a', 'b']) {
    expect(await bench.ended(name)).toMatchObject({ state: 'succeeded', to: two });
    expect(engine.running(name)).toEqual([two, two, two]);
  }
});

it('a tag that goes back while a service waits its turn is no lag, whatever its push did to another', async () => {
  bench = await openWorkBench({ speed: 20, maxParallel: 1 });
  const { registry, engine, image } = bench;
  const one = registry.setTag('acme/web', 'v1', 'one');
  for (const name of ['a', 'b'])
    engine.addService({ name, image: image('acme/web:v1', one), update: { Monitor: 1e9 } });
  bench.settle();
  const two = registry.setTag('acme/web', 'v1', 'two');
  const sent = Promise.withResolvers<void>();
  let asked = 0;
  const { work } = bench.start(
    {},
    {
      registries: (real) => ({
        ...real,
        findDigest: async (each, signal) => {
          asked += 1;
          const isSecond = asked === 2;
          const answer = await real.findDigest(each, signal);
          if (isSecond) await sent.promise;
          return answer;
        },
      }),
    },
  );
  await bench.hook(work, image('acme/web:v1'), two);
  await bench.until('one is under way', () => engine.updates.length === 1);
  registry.setTag('acme/web', 'v1', one);
  // It names no digest, and came before the second update was sent.
  const { id } = await bench.hook(work, image('acme/web:v1'));
  await bench.until('the other is under way', () => engine.updates.length === 2);
  sent.resolve();
  await bench.letFollowUpsPass(id);
  await bench.until('nothing is under way', async () =>
    (await bench.deployments()).every(({ endedAt }) => endedAt !== null),
  );
  expect([engine.running('a'), engine.running('b')]).toEqual([[one], [one]]);
});
