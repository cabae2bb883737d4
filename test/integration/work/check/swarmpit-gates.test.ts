import { afterEach, beforeEach, expect, it } from 'vitest';
import { createSwarmpitCluster } from '../../../../src/adapters/swarm/swarmpit/swarmpit.ts';
import type { Cluster } from '../../../../src/core/swarm/cluster.ts';
import type { Digest } from '../../../../src/core/image/digest.ts';
import { createSecret } from '../../../../src/core/secret.ts';
import { readWaiting } from '../../../../src/store/gates/waiting.ts';
import {
  type FakeRegistry,
  startFakeRegistry,
} from '../../../support/fake-registry/fake-registry.ts';
import { fakeImage } from '../../../support/fake-registry/images.ts';
import {
  startSwarmpitDouble,
  type SwarmpitDouble,
} from '../../../support/swarmpit/swarmpit-double.ts';
import {
  openWorkBench,
  type RunningWork,
  type WorkBench,
} from '../../../support/work/work-bench.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

let bench: WorkBench;
let swarmpit: SwarmpitDouble;
let cluster: Cluster;
let asSeenBySwarmpit: FakeRegistry;
let first: Digest;
beforeEach(async () => {
  bench = await openWorkBench({ speed: 40, engine: { prepareMs: 50, startMs: 50, stopMs: 50 } });
  asSeenBySwarmpit = await startFakeRegistry();
  const registries = { [bench.registry.host]: `http://${asSeenBySwarmpit.host}` };
  swarmpit = await startSwarmpitDouble({ engineUrl: bench.engine.url, registries });
  const token = createSecret(swarmpit.token);
  cluster = createSwarmpitCluster({ name: 'one', url: swarmpit.url, token });
  first = publish('one');
});
afterEach(async () => {
  await bench.close();
  await cluster.close();
  await swarmpit.close();
  await asSeenBySwarmpit.close();
});

const publish = (content: string): Digest => {
  const image = fakeImage(content, { form: 'docker' });
  asSeenBySwarmpit.setTag('acme/web', 'v1', image);
  return bench.registry.setTag('acme/web', 'v1', image);
};
const IMAGE = (): string => bench.image('acme/web:v1');
const KEY = { cluster: 'one', service: 'web' };
const gating = { policies: [], voters: [{ role: 'operator', scope: null }] };
const add = (labels: Readonly<Record<string, string>>): void => {
  const image = bench.image('acme/web:v1', first);
  bench.engine.addService({ name: 'web', image, replicas: 1, labels });
  bench.settle();
};
const start = (): RunningWork => bench.start({ gating }, { cluster: () => cluster });
const by = () => ({ actor: 'ana', role: 'operator', signal: AbortSignal.timeout(20_000) }) as const;

const clockText = (at: number): string => new Date(at).toISOString().slice(11, 16);
/** Of two hours, so much later than now. */
const windowIn = (ms: number): string => {
  const opens = bench.clock.now() + ms;
  return `daily ${clockText(opens)}-${clockText(opens + 2 * HOUR)} UTC`;
};
const pushEnded = (id: string) =>
  bench.until('the push has its end', async () =>
    (await bench.delivery(id)).pushes.every(({ results }) =>
      results.every(({ state }) => state === 'done'),
    ),
  );
const resting = () =>
  bench.until('a deployment waits for its window', async () => {
    const [one] = await bench.store.db
      .selectFrom('deployments')
      .select(['state', 'to_digest', 'run_at'])
      .execute();
    return one?.state === 'queued' && one.to_digest === null && one.run_at > bench.clock.now();
  });

it.each([
  ['a minimum age', { 'cd-helper.min-age': '3h' }],
  ['an approval', { 'cd-helper.approval': '1' }],
])('%s holds a service, because Swarmpit cannot deploy a chosen digest', async (_what, labels) => {
  add(labels);
  const { work } = start();
  const { id } = await bench.hook(work, IMAGE(), publish('two'));
  await pushEnded(id);
  bench.clock.skip(8 * 24 * HOUR);
  await bench.checked();
  expect(await work.acts.check(KEY, by())).toMatchObject({
    verdict: 'held',
    detail: expect.stringContaining('Swarmpit cannot deploy a chosen digest'),
  });
  await expect(work.acts.approve(KEY, { digest: null }, by())).rejects.toThrow(
    'is not waiting for anything',
  );
  expect([await bench.deployments(), swarmpit.redeploys]).toEqual([[], []]);
});

it.each([
  ['a minimum age', { 'cd-helper.min-age': '3h' }],
  ['an approval', { 'cd-helper.approval': '1' }],
])('%s is not passed by a digest that nobody but Swarmpit can find', async (_what, labels) => {
  add(labels);
  publish('two');
  bench.registry.fault({ kind: 'status', status: 503 });
  const { work } = start();
  const { id } = await bench.hook(work, IMAGE());
  await bench.checked();
  bench.clock.skip(4 * HOUR);
  await pushEnded(id);
  expect([await bench.deployments(), swarmpit.redeploys]).toEqual([[], []]);
});

it('a window that is shut lets nothing through until it opens', async () => {
  add({ 'cd-helper.window': windowIn(3 * HOUR) });
  const second = publish('two');
  const { work } = start();
  const { id } = await bench.hook(work, IMAGE(), second);
  await pushEnded(id);
  expect(await work.acts.check(KEY, by())).toMatchObject({ verdict: 'waiting', reason: 'window' });
  expect(await readWaiting(bench.store.db)).toMatchObject([{ digest: second }]);
  bench.clock.skip(2 * HOUR);
  expect(swarmpit.redeploys).toEqual([]);
  bench.clock.skip(HOUR + MINUTE);
  expect(await bench.ended('web')).toMatchObject({ state: 'succeeded', from: first, to: second });
  expect(swarmpit.redeploys).toHaveLength(1);
});

it('what is handed over while a window is shut is redeployed when it opens, once', async () => {
  add({ 'cd-helper.window': windowIn(3 * HOUR) });
  const second = publish('two');
  bench.registry.fault({ kind: 'status', status: 503 });
  let running = start();
  const { id } = await bench.hook(running.work, IMAGE());
  await resting();
  bench.clock.skip(2 * HOUR);
  await resting();
  // A restart loses it no more than a hook that comes again.
  await running.stop();
  running = start();
  await bench.hook(running.work, IMAGE());
  await resting();
  expect(swarmpit.redeploys).toEqual([]);
  bench.clock.skip(HOUR + MINUTE);
  expect(await bench.ended('web')).toMatchObject({
    state: 'succeeded',
    cause: 'handed-over',
    to: second,
  });
  bench.clock.skip(4 * HOUR);
  await pushEnded(id);
  expect(swarmpit.redeploys).toHaveLength(1);
});

it('a window that closes between queue and redeploy is waited for again', async () => {
  // Open for another hour.
  add({ 'cd-helper.window': windowIn(-HOUR) });
  publish('two');
  bench.registry.fault({ kind: 'status', status: 503 });
  const { work } = start();
  const freeze = { cluster: 'one', stack: null, service: null, reason: 'night', until: null };
  const { id: frozen } = await work.acts.freeze(freeze, by());
  await bench.hook(work, IMAGE());
  await bench.until('it is queued', async () => (await bench.deployments()).length === 1);
  bench.clock.skip(HOUR + MINUTE);
  await work.acts.thaw(frozen, by());
  await resting();
  expect(swarmpit.redeploys).toEqual([]);
  bench.clock.skip(22 * HOUR);
  expect(await bench.ended('web')).toMatchObject({ state: 'succeeded', cause: 'handed-over' });
  expect(swarmpit.redeploys).toHaveLength(1);
});
