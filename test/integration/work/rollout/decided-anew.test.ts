import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Digest } from '../../../../src/core/image/digest.ts';
import type { Registries } from '../../../../src/core/contract/registries.ts';
import type { Work } from '../../../../src/work/work.ts';
import { openWorkBench, type WorkBench } from '../../../support/work/work-bench.ts';

let bench: WorkBench;
let a: Digest;
let b: Digest;
let c: Digest;
let d: Digest;
beforeEach(async () => {
  bench = await openWorkBench({ speed: 20 });
  const built = (name: string): Digest => bench.registry.setTag('acme/web', `built-${name}`, name);
  [a, b, c, d] = [built('a'), built('b'), built('c'), built('d')];
  publish(a);
  bench.engine.addService({ name: 'web', image: pinned(a), replicas: 2, update: { Monitor: 1e9 } });
  bench.settle();
});
afterEach(async () => {
  await bench.close();
  expect(bench.errors).toEqual([]);
});

const IMAGE = (): string => bench.image('acme/web:v1');
const pinned = (digest: Digest): string => bench.image('acme/web:v1', digest);
const publish = (digest: Digest): void => {
  bench.registry.setTag('acme/web', 'v1', digest);
};
/** Somebody else deploys, by another tool. */
const deployBehind = (digest: Digest): void => {
  bench.engine.changeSpec('web', (spec) => {
    spec.TaskTemplate.ContainerSpec.Image = pinned(digest);
  });
};
const has = (): string | undefined =>
  bench.engine.service('web').Spec.TaskTemplate.ContainerSpec.Image.split('@')[1];
const by = () => ({ actor: 'oncall', address: '::1', signal: AbortSignal.timeout(60_000) });
const everything = { cluster: null, stack: null, service: null, reason: 'x', until: null };
const UPDATE = { method: 'POST', path: /\/update$/ };

/** Has a deployment of b wait behind a freeze that came after it was queued; gives hook and freeze. */
const queueAndFreeze = async (work: Work) => {
  const { ID } = bench.engine.service('web');
  bench.engine.inject({ kind: 'drop-before', on: { path: new RegExp(`^/services/${ID}`) } });
  publish(b);
  const hook = await bench.hook(work, IMAGE(), b);
  await bench.until('it waits', async () => (await bench.deployments('web')).length === 1);
  const freeze = await work.acts.freeze(everything, by());
  bench.engine.clearFaults();
  return { hook: hook.id, freeze: freeze.id };
};

/** What the engine was asked to run. */
const sent = (): readonly (string | undefined)[] =>
  bench.engine.updates.map(({ image }) => image.split('@')[1]);

describe('a deployment that waits while somebody else deploys', () => {
  it('what is published by then is left', async () => {
    const { work } = bench.start();
    const { freeze } = await queueAndFreeze(work);
    publish(c);
    deployBehind(c);
    await work.acts.thaw(freeze, by());
    expect(await bench.ended('web')).toMatchObject({
      state: 'skipped',
      reason: 'no-longer-published',
      to: b,
    });
    expect([has(), sent()]).toEqual([c, []]);
  });

  it('what is older than published by then is replaced by that, for the same reasons', async () => {
    const { work } = bench.start();
    const { freeze, hook } = await queueAndFreeze(work);
    publish(d);
    deployBehind(c);
    await work.acts.thaw(freeze, by());
    await bench.ended('web', 2);
    expect(await bench.deployments('web')).toMatchObject([
      { state: 'superseded', from: a, to: b },
      {
        state: 'succeeded',
        from: c,
        to: d,
        cause: 'digest-differs',
        triggers: [{ kind: 'hook', delivery: hook }],
      },
    ]);
    expect([has(), sent()]).toEqual([d, [d]]);
  });

  it('the same is deployed where it is still what is published', async () => {
    const { work } = bench.start();
    const { freeze } = await queueAndFreeze(work);
    deployBehind(c);
    await work.acts.thaw(freeze, by());
    expect(await bench.ended('web')).toMatchObject({ state: 'succeeded', to: b });
  });

  it('it waits for a registry that gives no answer then', async () => {
    const { work } = bench.start();
    const { freeze } = await queueAndFreeze(work);
    publish(c);
    deployBehind(c);
    bench.registry.fault({ kind: 'status', status: 503 }, { method: 'HEAD', times: 3 });
    await work.acts.thaw(freeze, by());
    expect(await bench.ended('web')).toMatchObject({ state: 'skipped', to: b });
    expect([has(), sent()]).toEqual([c, []]);
  });

  it('a rollback that a person asked for before is not carried out', async () => {
    publish(b);
    const first = bench.start();
    await bench.hook(first.work, IMAGE(), b);
    expect(await bench.ended('web')).toMatchObject({ state: 'succeeded' });
    bench.engine.inject({ kind: 'status', status: 500, message: 'busy', on: UPDATE, times: 1 });
    await first.work.acts.rollback({ cluster: 'one', service: 'web' }, { to: null }, by());
    await bench.until('it was refused', async () =>
      (await bench.deployments('web')).at(-1)?.steps.some(({ step }) => step === 'no-answer'),
    );
    publish(c);
    deployBehind(c);
    expect(await bench.ended('web', 2)).toMatchObject({
      state: 'skipped',
      reason: 'image-changed',
    });
    expect(has()).toBe(c);
  });
});

it('a decision of long ago asks the registry again, also where nobody touched the service', async () => {
  const first = bench.start();
  const { freeze } = await queueAndFreeze(first.work);
  await first.stop();
  // As with a backup that is restored a day later: nobody told this store of what was published since.
  publish(c);
  bench.clock.skip(24 * 3_600_000 - 60_000);
  const { work } = bench.start();
  await work.acts.thaw(freeze, by());
  expect(await bench.ended('web', 2)).toMatchObject({ state: 'succeeded', from: a, to: c });
  expect(sent()).toEqual([c]);
});

it('a registry that gives no answer makes no decision of long ago a new one', async () => {
  bench.engine.setOutcome(b, { kind: 'cannot-pull' });
  const { work } = bench.start();
  publish(b);
  await bench.hook(work, IMAGE(), b);
  const isTried = (times: number) =>
    bench.until('it has been tried', async () => {
      const all = await bench.deployments('web');
      return all.length > times && all.at(-1)?.state === 'queued';
    });
  await isTried(1);
  bench.clock.skip(61_000);
  await isTried(2);
  const before = sent().length;
  // The next try is in five minutes, and until then the registry tells of c only that it cannot tell.
  publish(c);
  bench.clock.skip(4 * 60_000);
  const answerAgain = bench.registry.fault({ kind: 'status', status: 503 });
  await bench.hook(work, IMAGE());
  await bench.until('a check found no answer', async () => {
    const rows = await bench.store.db.selectFrom('published').select('failure').execute();
    return rows.some(({ failure }) => failure !== null);
  });
  bench.clock.skip(70_000);
  await bench.until('it was tried again', async () => {
    const rows = await bench.store.db.selectFrom('deployments').select('attempts').execute();
    return sent().length > before || (rows.at(-1)?.attempts ?? 0) > 1;
  });
  answerAgain();
  await bench.until('c is there', () => has() === c);
  expect(sent().slice(before)).toEqual([c]);
});

it('a retry does not undo what somebody deployed in between', async () => {
  bench.engine.setOutcome(b, { kind: 'cannot-pull' });
  const { work } = bench.start();
  publish(b);
  await bench.hook(work, IMAGE(), b);
  await bench.until('a retry waits', async () => (await bench.deployments('web')).length === 2);
  publish(c);
  deployBehind(c);
  bench.clock.skip(60_000);
  expect(await bench.ended('web', 2)).toMatchObject({ state: 'skipped', to: b });
  expect(has()).toBe(c);
});

describe('a revert that the cluster refuses for a while', () => {
  const failed = async (): Promise<void> => {
    bench.engine.setOutcome(b, { kind: 'crash', afterMs: 300 });
    const { work } = bench.start();
    publish(b);
    await bench.hook(work, IMAGE(), b);
    await bench.until('b is sent', () => sent().length === 1);
    bench.engine.inject({ kind: 'status', status: 503, message: 'busy', on: UPDATE, times: 3 });
    await bench.until('the revert is refused', async () =>
      (await bench.deployments('web')).at(-1)?.steps.some(({ step }) => step === 'no-answer'),
    );
  };

  it('leaves what a person deployed meanwhile', async () => {
    await failed();
    publish(c);
    deployBehind(c);
    expect(await bench.ended('web')).toMatchObject({
      state: 'failed',
      reason: 'task-failed',
      to: b,
      steps: expect.arrayContaining([
        expect.objectContaining({
          step: 'failed',
          detail: expect.objectContaining({ notTakenBack: expect.stringContaining('somebody') }),
        }),
      ]),
    });
    expect([has(), sent()]).toEqual([c, [b]]);
  });

  it('is carried out where nobody did', async () => {
    await failed();
    expect(await bench.ended('web')).toMatchObject({ state: 'rolled-back', to: b });
    expect([has(), sent()]).toEqual([a, [b, a]]);
  });
});

describe('an update that the cluster answers with an error at once', () => {
  const refuse = (times?: number): void =>
    bench.engine.inject({
      kind: 'status',
      status: 500,
      message: 'boom',
      on: UPDATE,
      ...(times === undefined ? {} : { times }),
    });
  const asked = async (): Promise<number> => {
    const [deployment] = await bench.deployments('web');
    return deployment?.steps.filter(({ step }) => step === 'no-answer').length ?? 0;
  };

  it('is sent at most ten times, and then given up without a hold', async () => {
    refuse();
    const { work } = bench.start();
    publish(b);
    await bench.hook(work, IMAGE(), b);
    const begunAt = bench.clock.now();
    const ended = await bench.ended('web');
    expect(ended).toMatchObject({ state: 'failed', reason: 'refused' });
    expect(ended.failure?.message).toContain('boom');
    const sends = await asked();
    expect(sends).toBeGreaterThan(4);
    expect(sends).toBeLessThanOrEqual(10);
    expect(bench.clock.now() - begunAt).toBeGreaterThan(60_000);
    expect(has()).toBe(a);
    const view = await work.acts.check({ cluster: 'one', service: 'web' }, by());
    expect(view).toMatchObject({ verdict: 'obsolete' });
  });

  it('arrives where the cluster takes it in the end', async () => {
    refuse(3);
    const { work } = bench.start();
    publish(b);
    await bench.hook(work, IMAGE(), b);
    expect(await bench.ended('web')).toMatchObject({ state: 'succeeded', to: b });
    expect(await asked()).toBe(3);
  });

  it('is given up when the first one would have had to be done', async () => {
    bench.engine.changeSpec('web', (spec) => {
      spec.Labels = { 'cd-helper.timeout': '10s' };
    });
    refuse();
    const { work } = bench.start();
    publish(b);
    await bench.hook(work, IMAGE(), b);
    expect(await bench.ended('web')).toMatchObject({ state: 'failed', reason: 'refused' });
    expect(await asked()).toBeLessThan(6);
  });
});

describe('a freeze that ends while a push is being checked', () => {
  it('is found out by another check', async () => {
    const asked = Promise.withResolvers<void>();
    const thawed = Promise.withResolvers<void>();
    const registries = (real: Registries): Registries => ({
      ...real,
      findDigest: async (image, signal) => {
        asked.resolve();
        await thawed.promise;
        return real.findDigest(image, signal);
      },
    });
    const { work } = bench.start({}, { registries });
    const freeze = await work.acts.freeze(everything, by());
    publish(b);
    await bench.hook(work, IMAGE(), b);
    // It has read the freezes by then.
    await asked.promise;
    await work.acts.thaw(freeze.id, by());
    thawed.resolve();
    expect(await bench.ended('web')).toMatchObject({ state: 'succeeded', to: b });
  });
});
