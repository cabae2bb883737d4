import { afterEach, describe, expect, it } from 'vitest';
import type { Digest } from '../../../../src/core/image/digest.ts';
import { EVERY_SERVICE } from '../../../../src/core/contract/every-service.ts';
import type { RunView } from '../../../../src/core/contract/run-views.ts';
import { readRun } from '../../../../src/store/runs/read-runs.ts';
import type { Work } from '../../../../src/work/work.ts';
import { createStepCounter } from '../../../support/work/crash-at.ts';
import { fakeTwoPlatforms } from '../../../support/fake-registry/images.ts';
import { openWorkBench, type WorkBench } from '../../../support/work/work-bench.ts';

const APPS = Array.from({ length: 12 }, (_, index) => `app-${String(index).padStart(2, '0')}`);
const MINUTE_MS = 60_000;
/** Two of them obsolete. */
const FEW = APPS.slice(0, 3);
/** Later ones only repeat what a rollout does while it is followed. */
const EVERY_STEP_UNTIL = 60;

let bench: WorkBench;
afterEach(async () => {
  await bench.close();
});

const start = (work: Work): Promise<RunView> =>
  work.smartRedeploy.start(EVERY_SERVICE, {
    origin: 'person',
    actor: 'oncall',
    signal: AbortSignal.timeout(20_000),
  });
const ended = (id: string): Promise<RunView> =>
  bench.until('the run has ended', async () => {
    const run = await readRun(bench.store.db, id);
    return run?.endedAt === null ? null : run;
  });

/** Services of an image each, the even ones obsolete, and the digest that each must get. */
const open = async (apps: readonly string[] = APPS): Promise<Map<string, Digest>> => {
  bench = await openWorkBench({ speed: 20 });
  const published = new Map<string, Digest>();
  for (const [index, name] of apps.entries()) {
    const repository = `acme/${name}`;
    const old = bench.registry.setTag(repository, 'v1', fakeTwoPlatforms(`${name} one`));
    bench.engine.addService({
      name,
      image: bench.image(`${repository}:v1`, old),
      update: { Monitor: 1e8 },
    });
    const isObsolete = index % 2 === 0;
    published.set(
      name,
      isObsolete ? bench.registry.setTag(repository, 'v1', fakeTwoPlatforms(`${name} two`)) : old,
    );
  }
  bench.settle();
  return published;
};
const OBSOLETE = APPS.filter((_, index) => index % 2 === 0);
const updated = (): readonly string[] => bench.engine.updates.map(({ name }) => name).toSorted();

/** How often each image was asked for by its tag, and by a digest. */
const asked = (): { readonly tags: number[]; readonly digests: number[] } => ({
  tags: APPS.map((name) => bench.heads(`acme/${name}`)),
  digests: APPS.map((name) =>
    bench.registry.count({ method: 'GET', kind: 'manifest', repository: `acme/${name}` }),
  ),
});

/** Every answer but that of a registry that is silent is on the disk. */
const keptAllBut = (count: number): Promise<unknown> =>
  bench.until('the answers are kept', async () => {
    const rows = await bench.store.db.selectFrom('published').select('name').execute();
    return rows.length >= APPS.length - count;
  });

describe('a run that is interrupted', () => {
  it('while it deploys goes on with what it found, and asks nothing again', async () => {
    await open();
    const before = bench.start();
    const { id } = await start(before.work);
    await bench.until('one was sent', () => bench.engine.updates.length > 0);
    const found = await readRun(bench.store.db, id);
    const heads = bench.heads();
    await before.stop();
    bench.start();
    const run = await ended(id);
    expect(run).toMatchObject({
      state: 'done',
      progress: { services: APPS.length, images: APPS.length, checkedImages: APPS.length },
      counts: { obsolete: OBSOLETE.length, current: APPS.length - OBSOLETE.length },
    });
    expect(run.services).toEqual(found?.services);
    expect(run.services.filter(({ deployment }) => deployment !== null)).toHaveLength(
      OBSOLETE.length,
    );
    expect(bench.heads()).toBe(heads);
    expect(updated()).toEqual(OBSOLETE);
    expect(bench.errors).toEqual([]);
  });

  it('while it checks asks only for what it was not told, however often', async () => {
    const published = await open();
    const recover = bench.registry.fault({ kind: 'hang' }, { repository: 'acme/app-05' });
    let one = bench.start();
    const { id } = await start(one.work);
    await keptAllBut(1);
    // The members of an index too, which are a pull each.
    await bench.until('the indexes are read', async () => {
      const { count } = await bench.store.db
        .selectFrom('published')
        .select((eb) => eb.fn.countAll<number>().as('count'))
        .where('members', 'is not', null)
        .executeTakeFirstOrThrow();
      return count === OBSOLETE.length;
    });
    for (let round = 1; round <= 5; round += 1) {
      await one.stop();
      one = bench.start();
      await bench.until('it asks the silent one', () => bench.heads('acme/app-05') === round + 1);
    }
    const { tags, digests } = asked();
    expect(tags).toEqual(APPS.map((name) => (name === 'app-05' ? 6 : 1)));
    expect(digests).toEqual(APPS.map((name) => (OBSOLETE.includes(name) ? 1 : 0)));
    expect(updated()).toEqual([]);

    recover();
    await one.stop();
    bench.start();
    const run = await ended(id);
    expect(run).toMatchObject({ state: 'done', counts: { obsolete: 6, current: 6 } });
    expect(updated()).toEqual(OBSOLETE);
    expect(OBSOLETE.map((name) => bench.engine.running(name))).toEqual(
      OBSOLETE.map((name) => [published.get(name)]),
    );
    expect(asked().tags).toEqual(APPS.map((name) => (name === 'app-05' ? 7 : 1)));
    expect(bench.errors).toEqual([]);
  });

  it('does not ask again for what failed either', async () => {
    await open();
    bench.registry.removeTag('acme/app-01', 'v1');
    bench.registry.fault({ kind: 'status', status: 429 }, { repository: 'acme/app-03' });
    const recover = bench.registry.fault({ kind: 'hang' }, { repository: 'acme/app-05' });
    const one = bench.start();
    const { id } = await start(one.work);
    await keptAllBut(1);
    await one.stop();
    recover();
    bench.start();
    const run = await ended(id);
    const reasons = run.services.flatMap(({ name, reason }) =>
      reason === null ? [] : [[name, reason]],
    );
    expect(reasons).toEqual([
      ['app-01', 'tag-gone'],
      ['app-03', 'rate-limited'],
    ]);
    expect(bench.heads('acme/app-01')).toBe(1);
    expect(bench.heads('acme/app-03')).toBe(1);
  });

  it.each([
    ['refused the sign-in', 403],
    ['answered with something else', 410],
  ])('asks a registry again that %s, which a restart may have put right', async (_name, status) => {
    await open();
    const repair = bench.registry.fault({ kind: 'status', status }, { repository: 'acme/app-01' });
    bench.registry.fault({ kind: 'hang' }, { repository: 'acme/app-05' });
    const one = bench.start();
    const { id } = await start(one.work);
    await keptAllBut(1);
    await one.stop();
    repair();
    bench.start();
    const run = await ended(id);
    expect(run.services.find(({ name }) => name === 'app-01')).toMatchObject({
      verdict: 'current',
    });
    expect(run.services.filter(({ reason }) => reason !== null)).toHaveLength(1);
  });

  it.each([
    ['a moment', 0, 1, 'unreachable'],
    ['a minute', 61_000, 2, null],
  ])(
    'for %s asks again where nobody answered once a minute is over',
    async (_name, awayMs, times, reason) => {
      await open();
      const mend = bench.registry.fault(
        { kind: 'status', status: 503 },
        { repository: 'acme/app-03' },
      );
      const recover = bench.registry.fault({ kind: 'hang' }, { repository: 'acme/app-05' });
      const one = bench.start();
      const { id } = await start(one.work);
      await keptAllBut(1);
      await one.stop();
      mend();
      recover();
      bench.clock.skip(awayMs);
      bench.start();
      const run = await ended(id);
      expect(run.services.find(({ name }) => name === 'app-03')).toMatchObject({ reason });
      const expected = APPS.map((name) => (name === 'app-03' ? times : name === 'app-05' ? 2 : 1));
      expect(asked().tags).toEqual(expected);
    },
  );

  it('for long asks again, so that it deploys what is published now', async () => {
    await open();
    const recover = bench.registry.fault({ kind: 'hang' }, { repository: 'acme/app-05' });
    const before = bench.start();
    const { id } = await start(before.work);
    await keptAllBut(1);
    await before.stop();
    recover();
    bench.clock.skip(11 * MINUTE_MS);
    const newest = bench.registry.setTag('acme/app-00', 'v1', 'app-00 three');
    bench.start();
    await ended(id);
    expect(bench.engine.running('app-00')).toEqual([newest]);
    expect(asked().tags).toEqual(APPS.map(() => 2));
  });

  it('looks again at what somebody else is updating, and at nothing else', async () => {
    await open();
    bench.engine.changeSpec('app-00', (spec) => {
      spec.TaskTemplate.ContainerSpec.Env = ['THEIRS=1'];
    });
    const { speed } = bench.clock;
    // Their update is not to end before it has been seen.
    bench.clock.speed = 1;
    const before = bench.start();
    const { id } = await start(before.work);
    await bench.until('it has found how all stand', async () => {
      const run = await readRun(bench.store.db, id);
      return run?.counts.updating === 1;
    });
    bench.clock.speed = speed;
    await bench.until('the answers are kept', async () => {
      const rows = await bench.store.db.selectFrom('published').select('tag').execute();
      return rows.length === APPS.length;
    });
    await before.stop();
    bench.start();
    const run = await ended(id);
    expect(run.counts).toEqual({ obsolete: 6, current: 6 });
    expect(updated()).toEqual(OBSOLETE);
    expect(asked().tags).toEqual(APPS.map(() => 1));
  });

  it.each(['crash', 'stop'] as const)(
    'by a %s at any step updates each service once',
    { timeout: 240_000 },
    async (how) => {
      const obsolete = FEW.filter((name) => OBSOLETE.includes(name));
      let reachedEnd = false;
      for (let step = 1; !reachedEnd && step < 400; step += step < EVERY_STEP_UNTIL ? 1 : 7) {
        const published = await open(FEW);
        const counter = createStepCounter(step, how);
        const before = bench.start({}, counter.wrap);
        const { id } = await start(before.work);
        counter.arm();
        const over = ended(id)
          .then(() => false)
          .catch(() => false);
        reachedEnd = !(await Promise.race([counter.reached.then(() => true), over]));
        await before.stop();
        bench.start();
        const run = await ended(id);
        expect({ step, state: run.state }).toEqual({ step, state: 'done' });
        expect({ step, updated: updated() }).toEqual({ step, updated: obsolete });
        expect(run.counts).toEqual({ obsolete: 2, current: 1 });
        for (const { name, deployment } of run.services) {
          expect({ step, name, deploys: deployment !== null }).toEqual({
            step,
            name,
            deploys: obsolete.includes(name),
          });
          expect(bench.engine.running(name)).toEqual([published.get(name)]);
        }
        if (!reachedEnd) await bench.close();
      }
      expect(reachedEnd).toBe(true);
    },
  );
});
