import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Digest } from '../../../../src/core/image/digest.ts';
import { imagesToCheck } from '../../../../src/store/holds/good-images.ts';
import type { Work } from '../../../../src/work/work.ts';
import type { NewService } from '../../../support/fake-engine/fake-engine.ts';
import { openWorkBench, type WorkBench } from '../../../support/work/work-bench.ts';

const MONITOR_MS = 2_000;
const PAUSE = { FailureAction: 'pause', Monitor: MONITOR_MS * 1e6 };
const ROLLBACK = { ...PAUSE, FailureAction: 'rollback' };

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

/** A service that has run the first version well for long. */
const add = (change: Partial<NewService> = {}): void => {
  const image = bench.image('acme/web:v1', first);
  bench.engine.addService({ name: 'web', image, replicas: 2, update: PAUSE, ...change });
  bench.settle();
};
const publish = (text: string): Digest => bench.registry.setTag('acme/web', 'v1', text);
const crashing = (text: string, afterMs: number): Digest => {
  const digest = publish(text);
  bench.engine.setOutcome(digest, { kind: 'crash', exitCode: 3, afterMs });
  return digest;
};
let pushes = 0;
beforeEach(() => {
  pushes = 0;
});
/** Pushes what is published, and gives what became of it. */
const push = async (work: Work, digest: Digest) => {
  await bench.hook(work, bench.image('acme/web:v1'), digest);
  pushes += 1;
  return bench.ended('web', pushes);
};
const digestOf = (): string =>
  bench.engine.service('web').Spec.TaskTemplate.ContainerSpec.Image.split('@')[1] ?? '';
/** Lets the time pass after which it is looked whether what was deployed is good, until that has been done. */
const checked = async (): Promise<void> => {
  bench.clock.skip(MONITOR_MS + 21_000);
  await bench.until('what was deployed has been checked', async () => {
    const left = await imagesToCheck(bench.store.db, 'one');
    return left.length === 0;
  });
};
const short = (digest: string): string => digest.slice('sha256:'.length).slice(0, 12);

describe('what a bad push is reverted to', () => {
  it.each([
    ['pause', PAUSE],
    ['rollback', ROLLBACK],
  ])('is the image before, once that has run for long enough (%s)', async (_name, update) => {
    add({ update });
    const { work } = bench.start();
    const second = publish('two');
    expect(await push(work, second)).toMatchObject({ state: 'succeeded' });
    await checked();
    expect(await push(work, crashing('bad', 500))).toMatchObject({ state: 'rolled-back' });
    expect(digestOf()).toBe(second);
  });

  it('is not one that dies 12 s after its monitor period, in a crash loop', async () => {
    add();
    const { work } = bench.start();
    const loop = crashing('dies later', MONITOR_MS + 12_000);
    expect(await push(work, loop)).toMatchObject({ state: 'succeeded' });
    await bench.until('it has died', () =>
      bench.engine.tasks('web').some(({ Status }) => Status.State === 'failed'),
    );
    const bad = await push(work, crashing('bad', 500));
    expect(bad).toMatchObject({ state: 'rolled-back', reason: 'task-failed', from: loop });
    expect(digestOf()).toBe(first);
    const why = `${short(loop)} had failed tasks shortly before`;
    const back = bad.steps.find(({ step }) => step === 'taking-back');
    expect(back?.detail).toMatchObject({ to: first, note: why });
    expect(bad.steps.at(-1)?.detail).toMatchObject({ takenBackTo: first, note: why });
  });

  it('is not one that died where the engine went back to it', async () => {
    add({ update: ROLLBACK });
    const { work } = bench.start();
    const loop = crashing('dies later', MONITOR_MS + 12_000);
    expect(await push(work, loop)).toMatchObject({ state: 'succeeded' });
    await bench.until('it has died', () =>
      bench.engine.tasks('web').some(({ Status }) => Status.State === 'failed'),
    );
    expect(await push(work, crashing('bad', 500))).toMatchObject({ state: 'rolled-back' });
    expect(digestOf()).toBe(first);
  });

  it('is the one before, where the last has not run for long enough yet', async () => {
    add();
    const { work } = bench.start();
    const second = publish('two');
    expect(await push(work, second)).toMatchObject({ state: 'succeeded' });
    const bad = await push(work, crashing('bad', 500));
    expect(bad).toMatchObject({ state: 'rolled-back', from: second });
    expect(digestOf()).toBe(first);
    expect(bad.steps.at(-1)?.detail).toMatchObject({
      takenBackTo: first,
      note: `${short(second)} had not run long enough to count as good`,
    });
  });

  it('stays what the engine went back to, if that goes on to run for long enough', async () => {
    add({ update: ROLLBACK });
    const { work } = bench.start();
    const second = publish('two');
    expect(await push(work, second)).toMatchObject({ state: 'succeeded' });
    const bad = await push(work, crashing('bad', 500));
    expect(bad).toMatchObject({ state: 'rolled-back', from: second });
    expect(bad.steps.at(-1)?.detail).toMatchObject({ rolledBackTo: second, by: 'engine' });
    expect(digestOf()).toBe(second);
    expect(bench.engine.updates).toHaveLength(2);
  });

  it('is what another person deployed meanwhile, where that ran well', async () => {
    add();
    const { work } = bench.start();
    expect(await push(work, publish('two'))).toMatchObject({ state: 'succeeded' });
    const theirs = publish('theirs');
    bench.engine.changeSpec('web', ({ TaskTemplate }) => {
      TaskTemplate.ContainerSpec.Image = bench.image('acme/web:v1', theirs);
    });
    bench.clock.skip(60_000);
    await bench.until('it runs', () => bench.engine.running('web').every((one) => one === theirs));
    bench.clock.skip(30_000);
    expect(await push(work, crashing('bad', 500))).toMatchObject({ state: 'rolled-back' });
    expect(digestOf()).toBe(theirs);
  });

  it('is nothing where the service had just been created, and the record says why', async () => {
    const image = bench.image('acme/web:v1', first);
    const update = { ...PAUSE, Monitor: 600e9 };
    bench.engine.addService({ name: 'web', image, replicas: 2, update });
    bench.clock.skip(10_000);
    const { work } = bench.start();
    const bad = await push(work, crashing('bad', 500));
    expect(bad).toMatchObject({ state: 'failed', reason: 'task-failed' });
    expect(bad.steps.at(-1)?.detail).toMatchObject({
      notTakenBack:
        'no good image known: the service was younger than its monitor period when the helper first updated it',
    });
  });
});

describe('whether an image is good', () => {
  it('is found out by the next start where this one has ended', async () => {
    add();
    const one = bench.start();
    const second = publish('two');
    expect(await push(one.work, second)).toMatchObject({ state: 'succeeded' });
    await one.stop();
    const { work } = bench.start();
    await checked();
    const [known] = await bench.store.db
      .selectFrom('good_images')
      .select(['digest', 'good_at'])
      .orderBy('ran_at', 'desc')
      .execute();
    expect(known).toEqual({ digest: second, good_at: expect.any(Number) });
    expect(await push(work, crashing('bad', 500))).toMatchObject({ state: 'rolled-back' });
    expect(digestOf()).toBe(second);
  });

  it('costs one look, and then nothing', async () => {
    add();
    const { work } = bench.start();
    expect(await push(work, publish('two'))).toMatchObject({ state: 'succeeded' });
    await checked();
    // The cluster is also asked whether it is well, which says nothing about the image.
    const wellness = () => bench.engine.requests.get('GET /info') ?? 0;
    const looks = () =>
      bench.engine.requests.get(`GET /services/${bench.engine.service('web').ID}`);
    const before = looks();
    expect(before).toBeGreaterThan(0);
    for (const what of ['an hour', 'another']) {
      const asked = wellness();
      bench.clock.skip(3_600_000);
      await bench.until(`${what} has passed`, () => wellness() > asked);
    }
    expect(looks()).toBe(before);
  });

  it('is found out at once where the clock is set back meanwhile', async () => {
    add();
    const { work } = bench.start();
    expect(await push(work, publish('two'))).toMatchObject({ state: 'succeeded' });
    bench.clock.jump(-3_600_000);
    await checked();
    expect(await push(work, crashing('bad', 500))).toMatchObject({ state: 'rolled-back' });
  });
});
