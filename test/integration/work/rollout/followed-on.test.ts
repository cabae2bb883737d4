import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Cluster } from '../../../../src/core/swarm/cluster.ts';
import type { Digest } from '../../../../src/core/image/digest.ts';
import type { Work } from '../../../../src/work/work.ts';
import type { Outcome } from '../../../support/fake-engine/tasks.ts';
import { fakeImage } from '../../../support/fake-registry/images.ts';
import { openWorkBench, type WorkBench } from '../../../support/work/work-bench.ts';

/** Later than all pushes of a test, and within the monitor period. */
const CRASH: Outcome = { kind: 'crash', exitCode: 3, afterMs: 30_000 };
/** What passes between two looks at the record while the pushes come, and how fast time goes afterwards. */
const STEP_MS = 50;
const SPEED = 100;

let bench: WorkBench;
let work: Work;
let first: Digest;
/** Waited for before the service is seen. */
let beforeSeen: () => Promise<void>;
beforeEach(async () => {
  // Time passes in small steps at first, so that each push comes before anything has become of the update before it.
  bench = await openWorkBench({ speed: 0 });
  first = bench.registry.setTag('acme/web', 'v1', 'one');
  bench.engine.addService({
    name: 'web',
    image: bench.image('acme/web:v1', first),
    replicas: 2,
    update: { FailureAction: 'rollback', Monitor: 60e9 },
  });
  bench.settle();
  beforeSeen = async () => {};
  const cluster = (real: Cluster): Cluster => ({
    ...real,
    observe: async (id, signal) => {
      await beforeSeen();
      return real.observe(id, signal);
    },
  });
  ({ work } = bench.start({}, { cluster }));
});
afterEach(async () => {
  bench.clock.speed = SPEED;
  await bench.close();
  expect(bench.errors).toEqual([]);
});

const build = (name: string, outcome: Outcome): Digest => {
  const digest = bench.registry.setTag('acme/web', name, name);
  bench.engine.setOutcome(digest, outcome);
  return digest;
};
const push = async (digest: Digest): Promise<void> => {
  bench.registry.setTag('acme/web', 'v1', digest);
  await bench.hook(work, bench.image('acme/web:v1'), digest);
};
const sent = (count: number): Promise<true> =>
  bench.until(`${count} updates are sent`, async () => {
    bench.clock.skip(STEP_MS);
    const all = await bench.deployments('web');
    return bench.engine.updates.length === count && all.at(-1)?.state === 'verifying';
  });
const known = (count: number): Promise<true> =>
  bench.until(`${count} deployments are known`, async () => {
    bench.clock.skip(STEP_MS);
    return (await bench.deployments('web')).length === count;
  });
const told = async () =>
  (await bench.deployments('web')).map(({ to, state: how, reason }) => [to, how, reason]);

/**
 * `second` is sent, and before anything is known of it `bad`, which the engine rolls back; meanwhile the tag names
 * `second` again, whose tasks then end like that. Nobody follows `bad` any more, and nobody followed `second`.
 */
const rollBackTo = async (second: Digest, bad: Digest, outcome: Outcome): Promise<void> => {
  await push(second);
  await sent(1);
  await push(bad);
  await sent(2);
  bench.engine.setOutcome(second, outcome);
  const { promise: isOver, resolve: lookAgain } = Promise.withResolvers<void>();
  // The check of the push sees the service as well.
  beforeSeen = async () => {
    if ((await bench.deployments('web')).length > 2) await isOver;
  };
  await push(second);
  await known(3);
  bench.clock.speed = SPEED;
  await bench.until('the engine has rolled back', () => {
    const state = bench.engine.service('web').UpdateStatus?.State;
    return state === 'rollback_completed' || state === 'rollback_paused';
  });
  lookAgain();
};

describe('what is published is there again because the engine rolled a later update back', () => {
  it('and is followed to its end: it is held and reverted where it fails too', async () => {
    const second = build('two', CRASH);
    const bad = build('bad', CRASH);
    await rollBackTo(second, bad, { ...CRASH, afterMs: 500 });
    await bench.ended('web', 4);
    expect(await told()).toEqual([
      [second, 'superseded', null],
      [bad, 'superseded', null],
      [second, 'skipped', 'already-current'],
      [second, 'rolled-back', 'task-failed'],
    ]);
    expect(bench.engine.running('web')).toEqual([first, first]);
    const by = { actor: 'oncall', address: '::1', signal: AbortSignal.timeout(60_000) };
    expect(await work.acts.check({ cluster: 'one', service: 'web' }, by)).toMatchObject({
      verdict: 'held',
      reason: 'known-bad',
    });
  });

  it('and is followed to its end: it stays where it runs well', async () => {
    const second = build('two', { kind: 'good' });
    await rollBackTo(second, build('bad', CRASH), { kind: 'good' });
    expect(await bench.ended('web', 4)).toMatchObject({ state: 'succeeded', to: second });
    expect(bench.engine.running('web')).toEqual([second, second]);
    expect(bench.engine.updates).toHaveLength(2);
  });
});

describe('an update whose place was taken by one that nothing could be sent of', () => {
  it('is followed to its end where no node can run the newer image', async () => {
    const second = build('two', CRASH);
    await push(second);
    await sent(1);
    bench.registry.setTag('acme/web', 'v1', fakeImage('arm', { architecture: 'arm64' }));
    await bench.hook(work, bench.image('acme/web:v1'));
    await known(2);
    bench.clock.speed = SPEED;
    await bench.ended('web', 3);
    expect((await told()).map(([, state, reason]) => [state, reason])).toEqual([
      ['superseded', null],
      ['failed', 'no-fitting-node'],
      ['rolled-back', 'task-failed'],
    ]);
    expect(bench.engine.running('web')).toEqual([first, first]);
  });
});
