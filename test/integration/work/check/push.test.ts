import { afterEach, describe, expect, it } from 'vitest';
import { ALL_SHORTCUTS } from '../../../../src/work/shortcuts/shortcuts.ts';
import { fakeTwoPlatforms } from '../../../support/fake-registry/images.ts';
import { digestOfChar } from '../../../support/work/make-service.ts';
import {
  openWorkBench,
  type WorkBench,
  type WorkBenchOptions,
} from '../../../support/work/work-bench.ts';

let bench: WorkBench;
const open = async (options: WorkBenchOptions = {}): Promise<WorkBench> => {
  bench = await openWorkBench(options);
  return bench;
};
afterEach(async () => {
  await bench.close();
  expect(bench.errors).toEqual([]);
});

/** Services of acme/web:v1 that run its first version well, and the digest of the second. */
const twoVersions = (names: readonly string[], repository = 'acme/web') => {
  const { registry, engine, image } = bench;
  const first = registry.setTag(repository, 'v1', 'one');
  for (const name of names)
    engine.addService({ name, image: image(`${repository}:v1`, first), replicas: 2 });
  bench.settle();
  return { first, second: registry.setTag(repository, 'v1', 'two') };
};
const versions = (...names: string[]): Record<string, number> =>
  Object.fromEntries(names.map((name) => [name, bench.engine.service(name).Version.Index]));
describe('a push', () => {
  it('redeploys every service of the tag and touches no other', async () => {
    await open();
    const { engine, registry, image } = bench;
    const { first, second } = twoVersions(['web', 'web-two']);
    const others = {
      'other-tag': image('acme/web:v2', first),
      'other-repository': image('team/acme/web:v1', first),
      'other-host': `127.0.0.1:1/acme/web:v1@${first}`,
      pinned: `${registry.host}/acme/web@${first}`,
    };
    for (const [name, text] of Object.entries(others)) engine.addService({ name, image: text });
    const off = { 'cd-helper.enabled': 'false' };
    engine.addService({ name: 'excluded', image: image('acme/web:v1', first), labels: off });
    const job = { ReplicatedJob: { MaxConcurrent: 1, TotalCompletions: 1 } };
    engine.addService({ name: 'job', image: image('acme/web:v1', first), mode: job });
    bench.settle();
    const untouched = [...Object.keys(others), 'excluded', 'job'];
    const before = versions(...untouched);
    const { work } = bench.start();
    const { id } = await bench.hook(work, image('acme/web:v1'));

    for (const name of ['web', 'web-two']) {
      expect(await bench.ended(name)).toMatchObject({
        state: 'succeeded',
        from: first,
        to: second,
        triggers: [{ kind: 'hook', delivery: id }],
      });
      expect(engine.running(name)).toEqual([second, second]);
    }
    await bench.letFollowUpsPass(id);
    expect(versions(...untouched)).toEqual(before);
    expect(engine.updates.map(({ name }) => name).toSorted()).toEqual(['web', 'web-two']);
    expect((await bench.delivery(id)).pushes[0]?.results).toMatchObject([
      { cluster: 'one', state: 'done', outcome: 'deployed' },
    ]);
  });

  it('for what runs already changes nothing', async () => {
    await open();
    const { first } = twoVersions(['web']);
    bench.registry.setTag('acme/web', 'v1', first);
    const before = versions('web');
    const { work } = bench.start();
    const { id } = await bench.hook(work, bench.image('acme/web:v1'), first);
    const results = await bench.until('the push has its end', async () => {
      const [push] = (await bench.delivery(id)).pushes;
      return push?.results.every(({ state }) => state === 'done') ? push.results : null;
    });
    expect(results).toMatchObject([{ outcome: 'nothing-to-do' }]);
    expect(versions('web')).toEqual(before);
    expect(await bench.deployments()).toEqual([]);
  });

  it('for what runs already says when that was checked, also of services that are known', async () => {
    await open();
    const { first } = twoVersions(['web']);
    bench.registry.setTag('acme/web', 'v1', first);
    const { work } = bench.start();
    const checkedAt = async (): Promise<number | undefined> => {
      const { id } = await bench.hook(work, bench.image('acme/web:v1'));
      await bench.letFollowUpsPass(id);
      const row = await bench.store.db.selectFrom('published').selectAll().executeTakeFirst();
      return row?.checked_at;
    };
    await checkedAt();
    bench.clock.skip(1_000);
    const hooked = bench.clock.now();
    expect(await checkedAt()).toBeGreaterThanOrEqual(hooked);
  });

  it('for an image that no service runs asks no registry at all', async () => {
    await open();
    twoVersions(['web']);
    const { work } = bench.start();
    const { id } = await bench.hook(work, bench.image('acme/nobody:v1'), digestOfChar('c'));
    await bench.until('the push has its end', async () =>
      (await bench.delivery(id)).pushes[0]?.results.every(({ state }) => state === 'done'),
    );
    expect(bench.registry.requests).toEqual([]);
  });

  it('pins a service that was not pinned, once a push', async () => {
    await open();
    const { registry, engine, image } = bench;
    const digest = registry.setTag('acme/web', 'v1', 'one');
    engine.addService({ name: 'web', image: image('acme/web:v1') });
    bench.settle();
    const { work } = bench.start();
    const { id } = await bench.hook(work, image('acme/web:v1'));
    expect(await bench.ended('web')).toMatchObject({
      cause: 'unpinned',
      state: 'succeeded',
      to: digest,
    });
    await bench.letFollowUpsPass(id);
    expect(engine.updates.length).toBe(1);
    expect(engine.service('web').Spec.TaskTemplate.ContainerSpec.Image).toBe(
      image('acme/web:v1', digest),
    );
  });

  it('leaves a service whose label is not supported, pinned or not', async () => {
    await open();
    const { registry, engine, image } = bench;
    const { first } = twoVersions([]);
    const labels = { 'cd-helper.window': '22:00-06:00' };
    engine.addService({ name: 'held', image: image('acme/web:v1', first), labels });
    engine.addService({ name: 'held-unpinned', image: image('acme/web:v1'), labels });
    // As `labels` of a stack file puts them, where `deploy.labels` was meant.
    const container = { Labels: { 'cd-helper.enabled': 'false' } };
    engine.addService({ name: 'held-container', image: image('acme/web:v1', first), container });
    bench.settle();
    const before = versions('held', 'held-unpinned', 'held-container');
    const { work } = bench.start();
    const { id } = await bench.hook(
      work,
      image('acme/web:v1'),
      registry.setTag('acme/web', 'v1', 'two'),
    );
    await bench.until('the push has its end', async () =>
      (await bench.delivery(id)).pushes[0]?.results.every(({ state }) => state === 'done'),
    );
    await bench.letFollowUpsPass(id);
    expect(versions('held', 'held-unpinned', 'held-container')).toEqual(before);
    expect(await bench.deployments()).toEqual([]);
    expect((await bench.delivery(id)).pushes[0]?.results).toMatchObject([
      { outcome: 'nothing-to-do', detail: 'held (unsupported-label)' },
    ]);
  });

  it('is carried out where one of its services cannot be compared yet', async () => {
    await open();
    const { registry, engine, image } = bench;
    const { first } = twoVersions([]);
    const second = registry.setTag('acme/web', 'v1', fakeTwoPlatforms('two'));
    // This one runs what is published; the next differs, and its manifest cannot be read at first.
    engine.addService({ name: 'a-current', image: image('acme/web:v1', second) });
    engine.addService({ name: 'b-obsolete', image: image('acme/web:v1', first) });
    bench.settle();
    const heal = registry.fault(
      { kind: 'status', status: 503 },
      { method: 'GET', kind: 'manifest' },
    );
    const { work } = bench.start();
    const { id } = await bench.hook(work, image('acme/web:v1'), second);
    await bench.until(
      'it was looked at',
      async () => (await bench.delivery(id)).pushes[0]?.results[0]?.outcome !== null,
    );
    expect((await bench.delivery(id)).pushes[0]?.results).toMatchObject([{ state: 'waiting' }]);
    heal();
    expect(await bench.ended('b-obsolete')).toMatchObject({ state: 'succeeded', to: second });
  });

  it('runs a job again where its label allows it, and waits for what it completes', async () => {
    await open();
    const { engine, image } = bench;
    const { first, second } = twoVersions([]);
    engine.addService({
      name: 'job',
      image: image('acme/web:v1', first),
      mode: { ReplicatedJob: { MaxConcurrent: 1, TotalCompletions: 1 } },
      labels: { 'cd-helper.jobs': 'true' },
    });
    bench.settle();
    const { work } = bench.start();
    await bench.hook(work, image('acme/web:v1'), second);
    expect(await bench.ended('job')).toMatchObject({ state: 'succeeded', to: second });
    expect(engine.tasksMade('job').length).toBe(2);
  });
});

describe('a burst', () => {
  it('of 21 hooks makes one update for each service, and two checks before the follow-ups', async () => {
    await open({ speed: 1, engine: { prepareMs: 5, startMs: 5, stopMs: 5 } });
    const { engine, image } = bench;
    const { second } = twoVersions(['web', 'web-two', 'web-three']);
    const { work } = bench.start();
    const accepted = [];
    for (let index = 0; index < 21; index += 1) {
      accepted.push(await bench.hook(work, image('acme/web:v1')));
      if (index % 5 === 0) await bench.until('a moment has passed', () => bench.heads() > 0);
    }
    for (const name of ['web', 'web-two', 'web-three'])
      await bench.until(`${name} is updated`, () =>
        engine.running(name).every((digest) => digest === second),
      );
    await bench.until('the second check has been', async () => {
      const due = await bench.store.db.selectFrom('look_work').select(['asked_at']).execute();
      return due.length === 1 && due[0]?.asked_at === null;
    });
    expect(bench.heads()).toBeLessThanOrEqual(2);
    expect(engine.updates.map(({ name }) => name).toSorted()).toEqual([
      'web',
      'web-three',
      'web-two',
    ]);
    bench.clock.speed = 10;
    await bench.letFollowUpsPass(accepted.at(-1)?.id ?? '');
    expect(engine.updates.length).toBe(3);
    const [deployment] = await bench.deployments('web');
    expect(deployment?.triggers.length).toBeGreaterThan(0);
  });

  const firstCheckedAt = (): Promise<number> =>
    bench.until('the first check has ended', async () => {
      const checks = await bench.store.db.selectFrom('look_work').select('id').execute();
      const published = await bench.store.db.selectFrom('published').selectAll().execute();
      return checks.length === 0 ? (published[0]?.checked_at ?? null) : null;
    });

  it('whose hooks all name what its first check saw asks the registry once', async () => {
    await open({ speed: 1, engine: { prepareMs: 5, startMs: 5, stopMs: 5 } });
    const { registry, engine, image, store } = bench;
    const { second } = twoVersions(['web']);
    engine.addService({ name: 'new', image: image('acme/web:v1', second) });
    bench.settle();
    const { work } = bench.start({ shortcuts: ALL_SHORTCUTS });
    await bench.hook(work, image('acme/web:v1'), second);
    const checkedAt = await firstCheckedAt();
    // What the helper has not heard of is for the hook that tells of it.
    registry.setTag('acme/web', 'v1', 'three');
    const late = await Promise.all(
      Array.from({ length: 20 }, () => bench.hook(work, image('acme/web:v1'), second)),
    );
    for (const { id } of late) {
      await bench.until('the push has its end', async () =>
        (await bench.delivery(id)).pushes[0]?.results.every(({ state }) => state === 'done'),
      );
    }
    expect(bench.heads()).toBe(1);
    // Nothing was checked, so that nothing may look as if it had been.
    expect(await store.db.selectFrom('published').select('checked_at').execute()).toEqual([
      { checked_at: checkedAt },
    ]);
    bench.clock.speed = 10;
    expect(await bench.ended('web')).toMatchObject({ state: 'succeeded', to: second });
  });

  it('of which one hook names something newer asks once more', async () => {
    await open({ speed: 1, engine: { prepareMs: 5, startMs: 5, stopMs: 5 } });
    const { registry, image } = bench;
    const { second } = twoVersions(['web']);
    const { work } = bench.start();
    await bench.hook(work, image('acme/web:v1'), second);
    await firstCheckedAt();
    const third = registry.setTag('acme/web', 'v1', 'three');
    await Promise.all(
      [second, second, third].map((digest) => bench.hook(work, image('acme/web:v1'), digest)),
    );
    await bench.until('the newer one was seen', () => bench.heads() === 2);
    bench.clock.speed = 10;
    expect(await bench.ended('web', 2)).toMatchObject({ state: 'succeeded', to: third });
    expect(bench.heads()).toBe(2);
  });

  it('of three tags of one image makes one check, and one update for each service', async () => {
    await open();
    const { registry, engine, image } = bench;
    const old = registry.setTag('acme/web', 'v1', 'one');
    for (const tag of ['v1', 'v1.2', 'latest'])
      engine.addService({
        name: `web-${tag.replace('.', '-')}`,
        image: image(`acme/web:${tag}`, old),
      });
    bench.settle();
    const next = ['v1', 'v1.2', 'latest'].map((tag) => registry.setTag('acme/web', tag, 'two'))[0];
    const { work } = bench.start();
    await Promise.all(
      ['v1', 'v1.2', 'latest'].map((tag) => bench.hook(work, image(`acme/web:${tag}`), next)),
    );
    for (const name of ['web-v1', 'web-v1-2', 'web-latest'])
      expect(await bench.ended(name)).toMatchObject({ state: 'succeeded', to: next });
    expect(engine.updates.length).toBe(3);
    expect(engine.requests.get('GET /services')).toBe(1);
  });
});

describe('a registry behind its own hook', () => {
  it('is asked again until it shows what the hook named', async () => {
    await open();
    const { registry, image } = bench;
    const { first, second } = twoVersions(['web']);
    registry.setTag('acme/web', 'v1', first);
    const { work } = bench.start();
    const { id } = await bench.hook(work, image('acme/web:v1'), second);
    await bench.checked();
    expect(bench.heads()).toBe(1);
    registry.setTag('acme/web', 'v1', second);
    bench.clock.skip(6_000);
    expect(await bench.ended('web')).toMatchObject({ state: 'succeeded', to: second });
    await bench.until('the push has its end', async () =>
      (await bench.delivery(id)).pushes[0]?.results.every(({ state }) => state === 'done'),
    );
    expect(bench.heads()).toBe(2);
  });

  it('that never shows it is asked a few times, and the push says so', async () => {
    await open();
    const { first, second } = twoVersions(['web']);
    bench.registry.setTag('acme/web', 'v1', first);
    const { work } = bench.start();
    const { id } = await bench.hook(work, bench.image('acme/web:v1'), second);
    await bench.checked();
    expect(bench.heads()).toBe(1);
    await bench.letFollowUpsPass(id);
    expect((await bench.delivery(id)).pushes[0]?.results).toMatchObject([
      { outcome: 'digest-not-seen', detail: expect.stringContaining(first) },
    ]);
    expect(bench.heads()).toBe(4);
  });
});

describe('idle', () => {
  it('sends nothing to a registry once the follow-ups have been', async () => {
    await open();
    twoVersions(['web']);
    const { work } = bench.start();
    const { id } = await bench.hook(work, bench.image('acme/web:v1'));
    await bench.ended('web');
    await bench.letFollowUpsPass(id);
    bench.registry.forgetRequests();
    for (let minute = 0; minute < 60; minute += 1) {
      bench.clock.skip(60_000);
      await bench.clock.wait(50, AbortSignal.timeout(10_000));
    }
    expect(bench.registry.requests).toEqual([]);
    const asked = (path: string): number => bench.engine.requests.get(`GET ${path}`) ?? 0;
    // Whether the cluster is up is asked all the time, each time for no service.
    expect(asked('/services') - asked('/info')).toBeLessThanOrEqual(5);
  });
});
