import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Cluster, UpdateAnswer } from '../../../../src/core/swarm/cluster.ts';
import type { Digest } from '../../../../src/core/image/digest.ts';
import type { Registries } from '../../../../src/core/contract/registries.ts';
import type { Work } from '../../../../src/work/work.ts';
import { openWorkBench, type WorkBench } from '../../../support/work/work-bench.ts';

let bench: WorkBench;
let first: Digest;
let second: Digest;
beforeEach(async () => {
  // A registry that hangs is waited for as long as a test does.
  const registry = { attemptMs: 120_000, lookupMs: 120_000 };
  bench = await openWorkBench({ speed: 20, registry });
  first = bench.registry.setTag('acme/web', 'v1', 'one');
  second = bench.registry.setTag('acme/web', 'v1', 'two');
  bench.engine.addService({
    name: 'web',
    image: bench.image('acme/web:v1', first),
    replicas: 2,
    update: { Monitor: 1e9 },
  });
  bench.settle();
});
afterEach(async () => {
  await bench.close();
  expect(bench.errors).toEqual([]);
});

const IMAGE = (): string => bench.image('acme/web:v1');
/** A cluster whose updates go through `around`. */
const around =
  (act: (send: () => Promise<UpdateAnswer>, call: number) => Promise<UpdateAnswer>) =>
  (cluster: Cluster): Cluster => {
    let calls = 0;
    return {
      ...cluster,
      updateImage: (update, signal) => {
        calls += 1;
        return act(() => cluster.updateImage(update, signal), calls);
      },
    };
  };

describe('a newer push', () => {
  it('while the service is updating wins, and each deployment has one end', async () => {
    const { work } = bench.start();
    await bench.hook(work, IMAGE(), second);
    await bench.until('the first is under way', () => bench.engine.updates.length === 1);
    const third = bench.registry.setTag('acme/web', 'v1', 'three');
    await bench.hook(work, IMAGE(), third);
    await bench.ended('web', 2);
    const all = await bench.deployments();
    expect(all.map(({ state, to }) => [state, to])).toEqual([
      ['superseded', second],
      ['succeeded', third],
    ]);
    expect(bench.engine.running('web')).toEqual([third, third]);
  });

  it('while the platforms of the first are still being read leaves the first unsent', async () => {
    let reads = 0;
    const hangsOnce = (registries: Registries): Registries => ({
      ...registries,
      // Read first to see whether a node fits, and then for the update that is intended.
      readPlatforms: (image, digest, signal) => {
        reads += 1;
        if (reads !== 2) return registries.readPlatforms(image, digest, signal);
        return new Promise((_, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason));
        });
      },
    });
    const { work } = bench.start({}, { registries: hangsOnce });
    await bench.hook(work, IMAGE(), second);
    await bench.until('the first is intended', async () => {
      const [deployment] = await bench.deployments();
      return deployment?.state === 'updating';
    });
    const third = bench.registry.setTag('acme/web', 'v1', 'three');
    await bench.hook(work, IMAGE(), third);
    await bench.ended('web', 2);
    expect((await bench.deployments()).map(({ state, to }) => [state, to])).toEqual([
      ['superseded', second],
      ['succeeded', third],
    ]);
    expect(bench.engine.updates).toHaveLength(1);
    expect(bench.engine.running('web')).toEqual([third, third]);
  });

  it('while the first waits for its turn is carried out alone', async () => {
    await bench.close();
    bench = await openWorkBench({ speed: 20, maxParallel: 1 });
    const digests = ['one', 'two', 'three'].map((text) =>
      bench.registry.setTag('acme/web', 'v1', text),
    );
    const [one = first, two = first, three = first] = digests;
    for (const name of ['a', 'b'])
      bench.engine.addService({ name, image: bench.image('acme/web:v1', one), replicas: 3 });
    bench.settle();
    bench.registry.setTag('acme/web', 'v1', two);
    const { work } = bench.start();
    await bench.hook(work, IMAGE(), two);
    await bench.until('one is under way', () => bench.engine.updates.length === 1);
    bench.registry.setTag('acme/web', 'v1', three);
    await bench.hook(work, IMAGE(), three);
    await bench.ended('a', 2);
    await bench.ended('b', 2);
    const updated = bench.engine.updates.map(
      ({ name, image }) => `${name} ${image.endsWith(three) ? 3 : 2}`,
    );
    expect(updated.filter((each) => each.endsWith('2')).length).toBe(1);
    expect(updated.filter((each) => each.endsWith('3')).toSorted()).toEqual(['a 3', 'b 3']);
  });

  it('never makes more updates at once than are allowed', async () => {
    await bench.close();
    bench = await openWorkBench({ speed: 20, maxParallel: 2 });
    const old = bench.registry.setTag('acme/web', 'v1', 'one');
    const names = ['a', 'b', 'c', 'd', 'e'];
    for (const name of names)
      bench.engine.addService({
        name,
        image: bench.image('acme/web:v1', old),
        update: { Monitor: 1e9 },
      });
    bench.settle();
    const next = bench.registry.setTag('acme/web', 'v1', 'two');
    let most = 0;
    const { work } = bench.start(
      {},
      {
        cluster: around(async (send) => {
          const answer = await send();
          const active = await bench.store.db
            .selectFrom('deployments')
            .select('id')
            .where('state', 'in', ['updating', 'verifying'])
            .execute();
          most = Math.max(most, active.length);
          return answer;
        }),
      },
    );
    await bench.hook(work, IMAGE(), next);
    for (const name of names) expect(await bench.ended(name)).toMatchObject({ state: 'succeeded' });
    expect(most).toBe(2);
  });

  it('back to what a service still runs leaves unsent what waits for its turn', async () => {
    await bench.close();
    bench = await openWorkBench({ speed: 20, maxParallel: 1 });
    const one = bench.registry.setTag('acme/web', 'v1', 'one');
    for (const name of ['a', 'b'])
      bench.engine.addService({ name, image: bench.image('acme/web:v1', one), replicas: 3 });
    bench.settle();
    const two = bench.registry.setTag('acme/web', 'v1', 'two');
    const { work } = bench.start();
    await bench.hook(work, IMAGE(), two);
    await bench.until('one is under way', () => bench.engine.updates.length === 1);
    bench.registry.setTag('acme/web', 'v1', one);
    await bench.hook(work, IMAGE(), one);
    await bench.ended('a', 2);
    const ended = await bench.ended('b');
    expect(ended).toMatchObject({ state: 'skipped', reason: 'no-longer-published', to: two });
    expect(bench.engine.running('a')).toEqual([one, one, one]);
    expect(bench.engine.running('b')).toEqual([one, one, one]);
    expect(bench.engine.updates.map(({ name }) => name)).toEqual(['a', 'a']);
  });

  it('back to what the service runs is not lost to an update that is just being sent', async () => {
    const asked = Promise.withResolvers<void>();
    const looked = Promise.withResolvers<void>();
    const { work } = bench.start(
      {},
      {
        cluster: around(async (send, call) => {
          asked.resolve();
          if (call === 1) await looked.promise;
          return send();
        }),
      },
    );
    await bench.hook(work, IMAGE(), second);
    await asked.promise;
    bench.registry.setTag('acme/web', 'v1', first);
    const { id } = await bench.hook(work, IMAGE(), first);
    await bench.until('the registry was asked about it', () => bench.heads() === 2);
    await bench.checked();
    looked.resolve();
    await bench.letFollowUpsPass(id);
    expect(await bench.ended('web', 2)).toMatchObject({ from: second, to: first });
    expect(bench.engine.running('web')).toEqual([first, first]);
  });
});

/** Registries that let the rollouts after the first so many wait before they send. */
const heldUpAfter = (free: number) => {
  const { promise: asked, resolve: tell } = Promise.withResolvers<void>();
  const { promise: opened, resolve: open } = Promise.withResolvers<void>();
  let calls = 0;
  return {
    asked,
    open,
    registries: (real: Registries): Registries => ({
      ...real,
      updateAuth: async (host, signal) => {
        calls += 1;
        if (calls > free) {
          tell();
          await opened;
        }
        return real.updateAuth(host, signal);
      },
    }),
  };
};
const seenPublished = (digest: Digest): Promise<true> =>
  bench.until('it is seen to be published', async () => {
    const row = await bench.store.db.selectFrom('published').select('digest').executeTakeFirst();
    return row?.digest === digest || null;
  });

describe('a tag that goes back at the moment at which what it showed before is sent', () => {
  it('is sent nothing where a look has seen it by then', async () => {
    const { registries, asked, open } = heldUpAfter(0);
    const { work } = bench.start({}, { registries });
    await bench.hook(work, IMAGE(), second);
    await asked;
    bench.registry.setTag('acme/web', 'v1', first);
    await bench.hook(work, IMAGE(), first);
    await seenPublished(first);
    open();
    expect(await bench.ended('web')).toMatchObject({
      state: 'skipped',
      reason: 'no-longer-published',
    });
    expect(bench.engine.updates).toEqual([]);
  });

  it('is deployed where the check that saw it had read the service before', async () => {
    const { registries, asked, open } = heldUpAfter(0);
    const listed = Promise.withResolvers<void>();
    const sent = Promise.withResolvers<void>();
    let isHeld = false;
    const cluster = (real: Cluster): Cluster => ({
      ...real,
      listServices: async (signal, name) => {
        const services = await real.listServices(signal, name);
        if (isHeld) {
          isHeld = false;
          listed.resolve();
          await sent.promise;
        }
        return services;
      },
    });
    const { work } = bench.start({}, { registries, cluster });
    await bench.hook(work, IMAGE(), second);
    await asked;
    bench.registry.setTag('acme/web', 'v1', first);
    isHeld = true;
    await bench.hook(work, IMAGE(), first);
    await listed.promise;
    open();
    await bench.until('the second is sent', () => bench.engine.updates.length === 1);
    sent.resolve();
    expect(await bench.ended('web', 2)).toMatchObject({ state: 'succeeded', to: first });
    expect(bench.engine.running('web')).toEqual([first, first]);
  });
});

describe('a tag that goes back to what the service was just sent', () => {
  /** The newer deployment is kept from its turn until the tag is seen to have gone back. */
  const goBackTo = async (sent: Digest): Promise<Work> => {
    // Long enough that the first is followed still when the newer push comes.
    bench.engine.changeSpec('web', ({ UpdateConfig }) => {
      if (UpdateConfig !== undefined) UpdateConfig.Monitor = 20e9;
    });
    bench.settle();
    const { registries, asked, open } = heldUpAfter(1);
    const { work } = bench.start({}, { registries });
    await bench.hook(work, IMAGE(), sent);
    await bench.until('it is under way', () => bench.engine.updates.length === 1);
    const third = bench.registry.setTag('acme/web', 'v1', 'three');
    await bench.hook(work, IMAGE(), third);
    await asked;
    bench.registry.setTag('acme/web', 'v1', sent);
    await bench.hook(work, IMAGE(), sent);
    await seenPublished(sent);
    open();
    return work;
  };
  const told = async () =>
    (await bench.deployments()).map(({ state, reason, from, to }) => [state, reason, from, to]);

  it('has that followed again, which ends as it would have', async () => {
    await goBackTo(second);
    const { steps } = await bench.ended('web', 3);
    const [before, skipped] = await bench.deployments();
    expect(await told()).toEqual([
      ['superseded', null, first, second],
      ['skipped', 'no-longer-published', second, skipped?.to],
      ['succeeded', null, first, second],
    ]);
    expect(steps[0]).toMatchObject({ step: 'queued', detail: { followsOn: before?.id } });
    expect(bench.engine.updates).toHaveLength(1);
  });

  it('has that taken back and held where it fails', async () => {
    bench.engine.setOutcome(second, { kind: 'crash', exitCode: 3, afterMs: 10_000 });
    const work = await goBackTo(second);
    expect(await bench.ended('web', 3)).toMatchObject({
      state: 'rolled-back',
      reason: 'task-failed',
      to: second,
    });
    expect(bench.engine.running('web')).toEqual([first, first]);
    expect(bench.engine.updates).toHaveLength(2);
    const { id } = await bench.hook(work, IMAGE(), second);
    await bench.checked();
    expect((await bench.delivery(id)).pushes[0]?.results).toMatchObject([
      { outcome: 'nothing-to-do', detail: 'held (known-bad)' },
    ]);
  });
});
