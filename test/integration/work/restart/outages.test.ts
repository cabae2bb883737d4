import { afterEach, describe, expect, it } from 'vitest';
import type { Digest } from '../../../../src/core/image/digest.ts';
import {
  openWorkBench,
  type WorkBench,
  type WorkBenchOptions,
} from '../../../support/work/work-bench.ts';

let bench: WorkBench;
let first: Digest;
let second: Digest;
const open = async (options: WorkBenchOptions = {}): Promise<void> => {
  bench = await openWorkBench({ speed: 20, ...options });
  first = bench.registry.setTag('acme/web', 'v1', 'one');
  second = bench.registry.setTag('acme/web', 'v1', 'two');
  for (const engine of Object.values(bench.engines))
    engine.addService({ name: 'web', image: IMAGE(first), replicas: 2, update: { Monitor: 1e9 } });
  bench.settle();
};
afterEach(async () => {
  await bench.close();
  expect(bench.errors).toEqual([]);
});

const IMAGE = (digest: Digest | null = null): string => bench.image('acme/web:v1', digest);
const resultOf = async (id: string, cluster = 'one') =>
  (await bench.delivery(id)).pushes[0]?.results.find((result) => result.cluster === cluster);
const detailOf = (id: string, cluster = 'one') =>
  bench.until(
    `${cluster} says what is wrong`,
    async () => (await resultOf(id, cluster))?.detail ?? null,
  );

describe('a registry that is away', () => {
  it.each([
    ['answers 503', { kind: 'status', status: 503 }],
    ['drops the connection', { kind: 'reset' }],
  ] as const)('and %s keeps the push until it is back', async (_name, fault) => {
    await open();
    const heal = bench.registry.fault(fault);
    const { work } = bench.start();
    const { id } = await bench.hook(work, IMAGE(), second);
    expect(await detailOf(id)).toContain(bench.registry.host);
    await bench.until('it was tried several times', () => bench.heads() > 3);
    expect(await resultOf(id)).toMatchObject({ state: 'waiting', outcome: 'nothing-to-do' });
    heal();
    expect(await bench.ended('web')).toMatchObject({ state: 'succeeded', to: second });
    await bench.until('the push has its end', async () => (await resultOf(id))?.state === 'done');
    expect(await resultOf(id)).toMatchObject({ outcome: 'deployed' });
  });

  it('is left alone for as long as it asks, but a hook may ask at once', async () => {
    await open({ speed: 1 });
    const headers = { 'retry-after': '30' };
    const heal = bench.registry.fault({ kind: 'status', status: 429, headers });
    const { work } = bench.start();
    const { id } = await bench.hook(work, IMAGE(), second);
    await detailOf(id);
    const checks = await bench.store.db.selectFrom('look_work').select('run_at').execute();
    expect((checks[0]?.run_at ?? 0) - bench.clock.now()).toBeGreaterThan(25_000);
    heal();
    bench.clock.skip(31_000);
    bench.clock.speed = 20;
    expect(await bench.ended('web')).toMatchObject({ state: 'succeeded', to: second });
  });

  it('for good gives the push up after an hour, with why, and asks no more', async () => {
    await open();
    bench.clock.speed = 2_000;
    bench.registry.removeTag('acme/web', 'v1');
    const { work } = bench.start();
    const { id } = await bench.hook(work, IMAGE(), second);
    await bench.until('it is given up', async () => (await resultOf(id))?.state === 'done');
    expect(await resultOf(id)).toMatchObject({ outcome: 'given-up' });
    expect(await bench.store.db.selectFrom('look_work').selectAll().execute()).toEqual([]);
    expect(await bench.deployments()).toEqual([]);
  });

  it('keeps nobody waiting for another registry’s image', async () => {
    await open();
    const api = bench.registry.setTag('acme/api', 'v1', 'api one');
    bench.engine.addService({ name: 'api', image: bench.image('acme/api:v1', api) });
    bench.settle();
    bench.registry.setTag('acme/api', 'v1', 'api two');
    bench.registry.fault({ kind: 'hang' }, { repository: 'acme/web' });
    const { work } = bench.start();
    await bench.hook(work, IMAGE(), second);
    await bench.hook(work, bench.image('acme/api:v1'));
    expect(await bench.ended('api')).toMatchObject({ state: 'succeeded' });
  });
});

describe('a cluster that is away', () => {
  it('delays only its own work, which it gets when it is back', async () => {
    await open({ clusters: ['one', 'two'] });
    const { two } = bench.engines;
    two?.inject({ kind: 'drop-before' });
    const { work } = bench.start();
    const { id } = await bench.hook(work, IMAGE(), second);
    await bench.until('one is served', () =>
      bench.engine.running('web').every((each) => each === second),
    );
    expect(await detailOf(id, 'two')).toContain('cluster two');
    expect(await resultOf(id, 'two')).toMatchObject({ state: 'waiting' });
    expect(two?.updates).toEqual([]);
    two?.clearFaults();
    await bench.until('two is served', async () => (await resultOf(id, 'two'))?.state === 'done');
    await bench.ended('web', 2);
    expect(two?.running('web')).toEqual([second, second]);
    expect([bench.engine.updates.length, two?.updates.length]).toEqual([1, 1]);
  });

  it('that hangs delays nobody either', async () => {
    await open({ clusters: ['one', 'two'] });
    bench.engines['two']?.inject({ kind: 'hang' });
    const { work } = bench.start();
    await bench.hook(work, IMAGE(), second);
    await bench.until('one runs it', () =>
      bench.engine.running('web').every((each) => each === second),
    );
  });

  it('in the middle of a rollout is followed on when it is back', async () => {
    await open();
    const { work } = bench.start();
    await bench.hook(work, IMAGE(), second);
    await bench.until('it is under way', () => bench.engine.updates.length === 1);
    bench.engine.inject({ kind: 'drop-before' });
    bench.clock.skip(20_000);
    bench.engine.clearFaults();
    expect(await bench.ended('web')).toMatchObject({ state: 'succeeded' });
    expect(bench.engine.updates.length).toBe(1);
  });

  it('from the middle of a rollout until after its deadline takes nothing back that went well', async () => {
    await open();
    const { work } = bench.start();
    await bench.hook(work, IMAGE(), second);
    await bench.until('it is followed', async () => {
      const [one] = await bench.deployments();
      return one?.steps.some(({ step }) => step === 'progress') === true;
    });
    bench.engine.inject({ kind: 'drop-before' });
    // Its deadline is in 5 min, and the helper asks in vain all the time.
    for (let passed = 0; passed < 60; passed += 1) {
      await bench.clock.wait(2_000, AbortSignal.timeout(20_000));
      bench.clock.skip(15_000);
    }
    bench.engine.clearFaults();
    expect(await bench.ended('web')).toMatchObject({ state: 'succeeded', to: second });
    expect(bench.engine.updates).toHaveLength(1);
  });

  it('before its update was sent keeps the deployment for it', async () => {
    await open();
    const { work } = bench.start();
    const id = bench.engine.service('web').ID;
    bench.engine.inject({ kind: 'drop-before', on: { path: new RegExp(`^/services/${id}`) } });
    await bench.hook(work, IMAGE(), second);
    await bench.until('it is put off', async () =>
      (await bench.store.db.selectFrom('deployments').select('attempts').execute()).some(
        ({ attempts }) => attempts > 1,
      ),
    );
    bench.engine.clearFaults();
    expect(await bench.ended('web')).toMatchObject({ state: 'succeeded', to: second });
  });
});

describe('a freeze', () => {
  const by = { actor: 'oncall' };
  const everything = { cluster: null, stack: null, service: null, reason: 'fair', until: null };

  it('keeps pushes, and carries out the newest after the thaw', async () => {
    await open();
    const { work } = bench.start();
    const { id } = await work.acts.freeze(everything, by);
    const one = await bench.hook(work, IMAGE(), second);
    await bench.checked();
    const third = bench.registry.setTag('acme/web', 'v1', 'three');
    const two = await bench.hook(work, IMAGE(), third);
    await bench.until(
      'the newer is kept',
      async () => (await resultOf(two.id))?.outcome === 'frozen',
    );
    expect(await resultOf(two.id)).toMatchObject({ state: 'waiting' });
    expect(await resultOf(one.id)).toMatchObject({ state: 'done' });
    bench.clock.skip(3 * 24 * 3_600_000);
    expect(bench.engine.updates).toEqual([]);
    await work.acts.thaw(id, by);
    expect(await bench.ended('web')).toMatchObject({ state: 'succeeded', to: third });
    expect(bench.engine.updates.length).toBe(1);
  });

  it('of one service keeps the push for that one only', async () => {
    await open();
    bench.engine.addService({ name: 'other', image: IMAGE(first), update: { Monitor: 1e9 } });
    bench.settle();
    const { work } = bench.start();
    const { id } = await work.acts.freeze({ ...everything, service: 'web' }, by);
    await bench.hook(work, IMAGE(), second);
    expect(await bench.ended('other')).toMatchObject({ state: 'succeeded' });
    await bench.checked();
    await work.acts.thaw(id, by);
    expect(await bench.ended('web')).toMatchObject({ state: 'succeeded', to: second });
  });

  it('that comes after the push was taken up holds for days, and gives nothing up', async () => {
    await open();
    const { work } = bench.start();
    const id = bench.engine.service('web').ID;
    bench.engine.inject({ kind: 'drop-before', on: { path: new RegExp(`^/services/${id}`) } });
    await bench.hook(work, IMAGE(), second);
    await bench.until('it waits', async () => (await bench.deployments()).length === 1);
    const freeze = await work.acts.freeze(everything, by);
    bench.engine.clearFaults();
    for (let day = 0; day < 3; day += 1) {
      bench.clock.skip(24 * 3_600_000);
      await bench.clock.wait(60_000, AbortSignal.timeout(20_000));
    }
    expect(bench.engine.updates).toEqual([]);
    await work.acts.thaw(freeze.id, by);
    expect(await bench.ended('web')).toMatchObject({ state: 'succeeded', to: second });
  });

  it.each(['while it stands', 'after the thaw'])(
    'of days gives nothing up where the cluster is away for a minute %s',
    async (when) => {
      await open();
      const { work } = bench.start();
      const away = { kind: 'drop-before', on: { path: /^\/(services\/|tasks)/ } } as const;
      bench.engine.inject(away);
      await bench.hook(work, IMAGE(), second);
      await bench.until('it waits', async () => (await bench.deployments()).length === 1);
      const freeze = await work.acts.freeze(everything, by);
      bench.engine.clearFaults();
      bench.clock.skip(3 * 24 * 3_600_000);
      await bench.clock.wait(60_000, AbortSignal.timeout(20_000));
      bench.engine.inject(away);
      if (when === 'after the thaw') await work.acts.thaw(freeze.id, by);
      await bench.clock.wait(60_000, AbortSignal.timeout(20_000));
      bench.engine.clearFaults();
      if (when === 'while it stands') await work.acts.thaw(freeze.id, by);
      expect(await bench.ended('web')).toMatchObject({ state: 'succeeded', to: second });
    },
  );
});
