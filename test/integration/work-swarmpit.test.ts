import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createSwarmpitCluster } from '../../src/adapters/swarm/swarmpit.ts';
import type { Cluster } from '../../src/core/cluster.ts';
import type { Digest } from '../../src/core/digest.ts';
import { createSecret } from '../../src/core/secret.ts';
import type { Work } from '../../src/work/work.ts';
import { createStepCounter } from '../support/crash-at.ts';
import { type FakeRegistry, startFakeRegistry } from '../support/fake-registry.ts';
import { fakeImage } from '../support/fake-registry-images.ts';
import { startSwarmpitDouble, type SwarmpitDouble } from '../support/swarmpit-double.ts';
import {
  openWorkBench,
  type RunningWork,
  type Wrap,
  type WorkBench,
} from '../support/work-bench.ts';

let bench: WorkBench;
let swarmpit: SwarmpitDouble;
let cluster: Cluster;
/** Holds what the other does; either may be away without the other. */
let asSeenBySwarmpit: FakeRegistry;
let first: Digest;
let second: Digest;
beforeEach(async () => {
  bench = await openWorkBench({ speed: 40, engine: { prepareMs: 50, startMs: 50, stopMs: 50 } });
  asSeenBySwarmpit = await startFakeRegistry();
  const registries = { [bench.registry.host]: `http://${asSeenBySwarmpit.host}` };
  swarmpit = await startSwarmpitDouble({ engineUrl: bench.engine.url, registries });
  const token = createSecret(swarmpit.token);
  cluster = createSwarmpitCluster({ name: 'one', url: swarmpit.url, token });
  first = publish('web', 'one');
  bench.engine.addService({ name: 'web', image: bench.image('acme/web:v1', first), replicas: 2 });
  bench.settle();
  second = publish('web', 'two');
});
afterEach(async () => {
  await bench.close();
  await cluster.close();
  await swarmpit.close();
  await asSeenBySwarmpit.close();
});

const publish = (name: string, content: string): Digest => {
  // Swarmpit asks for no other form.
  const image = fakeImage(content, { form: 'docker' });
  asSeenBySwarmpit.setTag(`acme/${name}`, 'v1', image);
  return bench.registry.setTag(`acme/${name}`, 'v1', image);
};
const IMAGE = (): string => bench.image('acme/web:v1');
/** More than a push takes until its redeploy is followed. */
const MOST_STEPS = 40;
const REDEPLOY = { method: 'POST', path: /\/redeploy$/ };
const start = (wrap: Wrap = {}): RunningWork =>
  bench.start({}, { ...wrap, cluster: () => wrap.cluster?.(cluster) ?? cluster });
/** Sends the hook again at every follow-up, which must do no harm. */
const insist = async (work: Work): Promise<void> => {
  for (const ms of [6_000, 30_000, 120_000]) {
    await bench.looked();
    await bench.until('nothing is under way', async () =>
      (await bench.deployments()).every(({ endedAt }) => endedAt !== null),
    );
    bench.clock.skip(ms);
    await bench.hook(work, IMAGE(), second);
  }
  await bench.looked();
};

describe('a push to a cluster behind Swarmpit', () => {
  it('is redeployed once, however often it is told', async () => {
    const { work } = start();
    await bench.hook(work, IMAGE(), second);
    expect(await bench.ended('web')).toMatchObject({ state: 'succeeded', from: first, to: second });
    await insist(work);
    expect(swarmpit.redeploys).toHaveLength(1);
    expect(bench.engine.running('web')).toEqual([second, second]);
  });

  it('whose digest nobody but Swarmpit can find is handed to it, once', async () => {
    bench.registry.fault({ kind: 'status', status: 503 });
    const { work } = start();
    const { id } = await bench.hook(work, IMAGE());
    expect(await bench.ended('web')).toMatchObject({
      state: 'succeeded',
      cause: 'handed-over',
      to: second,
    });
    bench.clock.skip(4 * 3_600_000);
    await bench.until('the push has its end', async () =>
      (await bench.delivery(id)).pushes.every(({ results }) =>
        results.every(({ state }) => state === 'done'),
      ),
    );
    expect(swarmpit.redeploys).toHaveLength(1);
  });
});

describe('a redeploy whose answer is lost', () => {
  it('and that was carried out is found, and not repeated', async () => {
    swarmpit.inject({ kind: 'drop-after', on: REDEPLOY, times: 1 });
    const { work } = start();
    await bench.hook(work, IMAGE(), second);
    expect(await bench.ended('web')).toMatchObject({ state: 'succeeded', to: second });
    await insist(work);
    expect(swarmpit.redeploys).toHaveLength(1);
  });

  it('and that does not show is unknown, and not repeated by itself', async () => {
    swarmpit.inject({ kind: 'drop-before', on: REDEPLOY, times: 1 });
    const { work } = start();
    await bench.hook(work, IMAGE(), second);
    expect(await bench.ended('web')).toMatchObject({ state: 'failed', reason: 'outcome-unknown' });
    expect(swarmpit.redeploys).toEqual([]);
  });
});

it('a crash between any two steps redeploys once at most, and says how it ended', async () => {
  const ends = new Set<string>();
  for (let step = 1; step <= MOST_STEPS; step += 1) {
    const name = `web-${step}`;
    const before = publish(name, `${name} one`);
    bench.engine.addService({ name, image: bench.image(`acme/${name}:v1`, before) });
    bench.settle();
    const after = publish(name, `${name} two`);
    const known = swarmpit.redeploys.length;
    const counter = createStepCounter(step, 'crash');
    const dying = start(counter.wrap);
    counter.arm();
    await bench.hook(dying.work, bench.image(`acme/${name}:v1`), after);
    await Promise.race([counter.reached, bench.ended(name).catch(() => {})]);
    await dying.stop();
    const next = start();
    const { state, reason } = await bench.ended(name);
    await next.stop();
    ends.add(`${state}, ${reason}, redeploys: ${swarmpit.redeploys.length - known}`);
  }
  // How many steps there are before the redeploy is sent, and so which of these there are, is for the machine.
  ends.delete('failed, outcome-unknown, redeploys: 0');
  expect([...ends]).toEqual(['succeeded, null, redeploys: 1']);
}, 120_000);

it('a crash right before the redeploy is sent is unknown: nobody can tell that it was not', async () => {
  const counter = createStepCounter(1, 'crash');
  const dying = start({
    ...counter.wrap,
    cluster: (one) => ({
      ...one,
      updateImage: async () => {
        counter.reach();
        // Whatever it hears, nothing gets out of it any more.
        return { kind: 'out-of-sequence' };
      },
    }),
  });
  await bench.hook(dying.work, IMAGE(), second);
  await counter.reached;
  await dying.stop();
  start();
  expect(await bench.ended('web')).toMatchObject({ state: 'failed', reason: 'outcome-unknown' });
  expect(swarmpit.redeploys).toEqual([]);
});
