import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createEngineCluster } from '../../../../src/adapters/swarm/engine/engine.ts';
import type { Digest } from '../../../../src/core/image/digest.ts';
import { addHold } from '../../../../src/store/holds/holds.ts';
import type { NewService } from '../../../support/fake-engine/fake-engine.ts';
import {
  openWorkBench,
  type RunningWork,
  type WorkBench,
} from '../../../support/work/work-bench.ts';

let bench: WorkBench;
let first: Digest;
beforeEach(async () => {
  bench = await openWorkBench({ speed: 20 });
  first = bench.registry.setTag('acme/web', 'v1', 'one');
});
afterEach(async () => {
  await bench.close();
  expect(bench.errors).toEqual([]);
});

const IMAGE = (): string => bench.image('acme/web:v1');
const add = (change: Partial<NewService> = {}): void => {
  const image = bench.image('acme/web:v1', first);
  const update = { FailureAction: 'pause', Monitor: 2e9 };
  bench.engine.addService({ name: 'web', image, replicas: 2, update, ...change });
  bench.settle();
};
const publish = (text: string): Digest => bench.registry.setTag('acme/web', 'v1', text);
const specDigest = (): string =>
  bench.engine.service('web').Spec.TaskTemplate.ContainerSpec.Image.split('@')[1] ?? '';

/** Publishes a digest again, and a push of it comes to nothing. */
const expectHeld = async (work: RunningWork['work'], bad: Digest): Promise<void> => {
  bench.registry.setTag('acme/web', 'v1', bad);
  const { id } = await bench.hook(work, IMAGE(), bad);
  await bench.checked();
  expect((await bench.delivery(id)).pushes[0]?.results).toMatchObject([
    { outcome: 'nothing-to-do', detail: 'held (known-bad)' },
  ]);
};

it('a bad digest stays held also where a newer push came while it was taken back', async () => {
  add();
  const { work } = bench.start();
  const bad = publish('crash');
  bench.engine.setOutcome(bad, { kind: 'crash', afterMs: 500 });
  await bench.hook(work, IMAGE(), bad);
  await bench.until('it is being taken back', () => bench.engine.updates.length === 2);
  const good = publish('three');
  await bench.hook(work, IMAGE(), good);
  expect(await bench.ended('web', 2)).toMatchObject({ state: 'succeeded', to: good });
  await expectHeld(work, bad);
  expect(bench.engine.running('web')).toEqual([good, good]);
});

it('a bad digest stays held also where a newer push came while the engine took it back', async () => {
  add({ update: { FailureAction: 'rollback', Monitor: 2e9 } });
  const { work } = bench.start();
  const bad = publish('crash');
  bench.engine.setOutcome(bad, { kind: 'crash', afterMs: 500 });
  bench.engine.setOutcome(first, { kind: 'good', startMs: 60_000 });
  await bench.hook(work, IMAGE(), bad);
  await bench.until('the engine takes it back', async () =>
    (await bench.deployments())[0]?.steps.some(({ detail }) => detail['rollingBack'] === true),
  );
  const good = publish('three');
  await bench.hook(work, IMAGE(), good);
  expect(await bench.ended('web', 2)).toMatchObject({ state: 'succeeded', to: good });
  await expectHeld(work, bad);
  expect((await bench.deployments()).map(({ state }) => state)).toEqual([
    'superseded',
    'succeeded',
  ]);
});

describe('a helper that comes back after the deadline of an update', () => {
  /** Sends an update, and starts the helper again 20 min later. */
  const afterLong = async (meanwhile: (second: Digest) => void) => {
    let running = bench.start();
    const second = publish('two');
    await bench.hook(running.work, IMAGE(), second);
    await bench.until('it is under way', async () =>
      (await bench.deployments()).some(({ state }) => state === 'verifying'),
    );
    await running.stop();
    bench.clock.skip(20 * 60_000);
    meanwhile(second);
    running = bench.start();
    return second;
  };

  it('says that it went well, although the cluster does not answer at once', async () => {
    add();
    const second = await afterLong(() => bench.engine.inject({ kind: 'drop-before', times: 5 }));
    expect(await bench.ended('web')).toMatchObject({ state: 'succeeded', to: second });
    expect(bench.engine.updates).toHaveLength(1);
  });

  it('leaves it where somebody else’s later one was taken back to it', async () => {
    add({ update: { FailureAction: 'rollback', Monitor: 2e9 } });
    const second = await afterLong(() => {
      const theirs = bench.image('acme/web:v9');
      bench.engine.setOutcome(theirs, { kind: 'crash', afterMs: 100 });
      bench.engine.changeSpec('web', (spec) => {
        spec.TaskTemplate.ContainerSpec.Image = theirs;
      });
      bench.clock.skip(60_000);
    });
    expect(bench.engine.service('web').UpdateStatus?.State).toBe('rollback_completed');
    expect(await bench.ended('web')).toMatchObject({ state: 'succeeded', to: second });
    expect(specDigest()).toBe(second);
    expect(bench.engine.updates.length).toBe(1);
  });
});

it('a clock that jumps takes nothing back that stands well', async () => {
  add({ update: { FailureAction: 'pause', Monitor: 20e9 } });
  const { work } = bench.start();
  const second = publish('two');
  await bench.hook(work, IMAGE(), second);
  await bench.until('every task is in place', () =>
    bench.engine.running('web').every((one) => one === second),
  );
  await bench.until('it was seen', async () => {
    const [one] = await bench.deployments();
    return one?.steps.some(({ detail }) => detail['running'] === 2) === true;
  });
  bench.clock.jump(3_600_000);
  expect(await bench.ended('web')).toMatchObject({ state: 'succeeded', to: second });
  expect(bench.engine.updates.length).toBe(1);
});

it('a label that was taken away meanwhile leaves the service out', async () => {
  await bench.close();
  bench = await openWorkBench({ speed: 20, select: 'labelled' });
  first = bench.registry.setTag('acme/web', 'v1', 'one');
  add({ labels: { 'cd-helper.enabled': 'true' } });
  bench.engine.inject({
    kind: 'status',
    status: 503,
    message: 'busy',
    on: { method: 'POST', path: /\/update$/ },
  });
  const { work } = bench.start();
  const second = publish('two');
  await bench.hook(work, IMAGE(), second);
  await bench.until('it was tried', async () => {
    const [one] = await bench.deployments();
    return one !== undefined && one.startedAt !== null && one.state === 'updating';
  });
  bench.engine.changeSpec('web', (spec) => {
    spec.Labels = {};
  });
  bench.engine.clearFaults();
  expect(await bench.ended('web')).toMatchObject({ state: 'skipped', reason: 'excluded' });
  expect(bench.engine.updates).toEqual([]);
});

it('a digest that fails between the plan of a look and its end is not queued again', async () => {
  add();
  const second = publish('two');
  const service = await (async () => {
    const cluster = createEngineCluster({ name: 'one', url: bench.engine.url });
    const services = await cluster.listServices(AbortSignal.timeout(5_000));
    await cluster.close();
    const [found] = services;
    if (found === undefined) throw new Error('there is no service');
    return found;
  })();
  const { work } = bench.start(
    {},
    {
      registries: (real) => ({
        ...real,
        findDigest: async (image, signal) => {
          const answer = await real.findDigest(image, signal);
          // What is remembered was read while this was asked.
          const hold = { cluster: 'one', service, digest: second, kind: 'known-bad' } as const;
          await addHold(bench.store.db, { id: 'h', ...hold, deployment: null }, 0);
          return answer;
        },
      }),
    },
  );
  const { id } = await bench.hook(work, IMAGE(), second);
  await bench.until('the push has its end', async () =>
    (await bench.delivery(id)).pushes[0]?.results.every(({ state }) => state === 'done'),
  );
  expect((await bench.delivery(id)).pushes[0]?.results).toMatchObject([
    { outcome: 'nothing-to-do', detail: 'held (known-bad)' },
  ]);
  expect(await bench.deployments()).toEqual([]);
  expect(bench.engine.updates).toEqual([]);
});
