import { randomFillSync } from 'node:crypto';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createEngineCluster } from '../../../../src/adapters/swarm/engine/engine.ts';
import type { Cluster } from '../../../../src/core/swarm/cluster.ts';
import type { Digest } from '../../../../src/core/image/digest.ts';
import { silentLog } from '../../../../src/core/log.ts';
import type { TrackingView } from '../../../../src/core/policy/tracking.ts';
import { createTimeOrderedIds } from '../../../../src/core/time-ordered-id.ts';
import type { ServiceView } from '../../../../src/core/contract/views.ts';
import { inspectService, inspectServices } from '../../../../src/work/reads/inspect.ts';
import type { Work } from '../../../../src/work/work.ts';
import { makeDelivery, pushOf } from '../../../support/store/store-samples.ts';
import { openWorkBench, type WorkBench } from '../../../support/work/work-bench.ts';

let bench: WorkBench;
let newId: () => string;
let cluster: Cluster;
beforeEach(async () => {
  bench = await openWorkBench({ speed: 40, engine: { prepareMs: 50, startMs: 50, stopMs: 50 } });
  cluster = createEngineCluster({ name: 'one', url: bench.engine.url });
  newId = createTimeOrderedIds(bench.clock.now, randomFillSync);
});
afterEach(async () => {
  await cluster.close();
  await bench.close();
  expect(bench.errors).toEqual([]);
});

const publish = (tag: string): Digest => bench.registry.setTag('acme/web', tag, tag);
const track = (label: string, tag = 'v1.3.0', name = 'web'): void => {
  const labels = label === '' ? {} : { 'cd-helper.track': label };
  bench.engine.addService({ name, image: bench.image(`acme/web:${tag}`, publish(tag)), labels });
  bench.settle();
};
const push = async (work: Work, ...tags: readonly string[]): Promise<void> => {
  const { id } = await work.acceptDelivery(
    makeDelivery({
      id: newId(),
      receivedAt: new Date(bench.clock.now()).toISOString(),
      pushes: tags.map((tag) => pushOf(bench.image(`acme/web:${tag}`), publish(tag))),
    }),
  );
  await bench.until('the push has its end', async () =>
    (await bench.delivery(id)).pushes.every(({ results }) =>
      results.every(({ state }) => state === 'done'),
    ),
  );
  await bench.until('nothing is under way', async () =>
    (await bench.deployments()).every(({ endedAt }) => endedAt !== null),
  );
};
const deps = () => ({
  clusters: [{ cluster, select: 'all' as const }],
  db: bench.store.db,
  now: bench.clock.now,
  followsIndex: () => false,
  log: silentLog,
});
const shown = async (service = 'web'): Promise<ServiceView> => {
  const view = await inspectService(
    deps(),
    { cluster: 'one', service },
    AbortSignal.timeout(20_000),
  );
  if (view === null) throw new Error(`no ${service}`);
  return view;
};
const tracking = async (name = 'web'): Promise<TrackingView | undefined> =>
  (await shown(name)).tracking;
const by = () => ({ actor: 'oncall', signal: AbortSignal.timeout(20_000) });
const KEY = { cluster: 'one', service: 'web' };

it('tells of a service that follows nothing only its tag', async () => {
  track('');
  bench.start();
  const view = await shown();
  expect(view.tracking).toBeUndefined();
  expect(view.track).toBeUndefined();
});

it('tells the newest that was pushed, and asks no registry', async () => {
  track('semver:1.x');
  track('newest:main-*', 'main-aaa', 'main');
  const { work } = bench.start();
  expect(await tracking()).toEqual({
    policy: 'semver:1.x',
    newest: 'v1.3.0',
    next: null,
    whyNot: null,
    tags: null,
    ran: null,
    held: [],
  });
  await push(work, 'v1.4.0', 'pr-177', 'v2.0.0', 'main-bbb');
  bench.registry.forgetRequests();
  expect(await tracking()).toMatchObject({ newest: 'v1.4.0', next: null, whyNot: null });
  expect(await tracking('main')).toMatchObject({ newest: 'main-bbb', next: null });
  expect((await shown()).target).toEqual({ tag: 'v1.4.0', digest: publish('v1.4.0') });
  expect(bench.registry.requests).toEqual([]);
  const all = await inspectServices(deps(), {}, AbortSignal.timeout(20_000));
  expect(all.map(({ name, track: label, tracking: told }) => [name, label, told])).toEqual([
    ['main', 'newest:main-*', undefined],
    ['web', 'semver:1.x', undefined],
  ]);
});

it('tells that a tag failed, and what is below it', async () => {
  track('semver:1.x');
  const { work } = bench.start();
  bench.engine.setOutcome(publish('v1.5.0'), { kind: 'crash', exitCode: 3, afterMs: 100 });
  await push(work, 'v1.5.0');
  expect(await tracking()).toMatchObject({
    newest: 'v1.5.0',
    next: 'v1.5.0',
    whyNot: expect.stringContaining('failed on this service'),
    held: [{ tag: 'v1.5.0', reason: 'known-bad' }],
  });
  await push(work, 'v1.4.0');
  expect(await tracking()).toMatchObject({
    newest: 'v1.5.0',
    next: 'v1.5.0',
    held: [{ tag: 'v1.5.0' }],
  });
});

it('tells that a person went back', async () => {
  track('semver:1.x');
  const { work } = bench.start();
  await push(work, 'v1.4.0');
  await work.acts.rollback(KEY, { to: 'v1.3.0' }, by());
  await bench.ended('web', 2);
  expect(await tracking()).toMatchObject({
    newest: 'v1.4.0',
    next: 'v1.4.0',
    whyNot: expect.stringContaining('a person rolled back from v1.4.0'),
    held: [{ tag: 'v1.4.0', reason: 'left-by-person' }],
    ran: null,
  });
  await work.acts.release(KEY, by());
  expect(await tracking()).toMatchObject({
    next: 'v1.4.0',
    whyNot: expect.stringContaining('nothing prevents it'),
    held: [],
  });
});

it('tells that somebody deployed an old stack file, and since when the newer one had run', async () => {
  track('semver:1.x');
  const first = publish('v1.3.0');
  const { work } = bench.start();
  await push(work, 'v1.4.2');
  const [moved] = await bench.deployments();
  bench.engine.changeSpec('web', (spec) => {
    spec.TaskTemplate.ContainerSpec.Image = bench.image('acme/web:v1.3.0', first);
  });
  const { updatedAt } = await shown();
  expect(await tracking()).toMatchObject({
    newest: 'v1.4.2',
    next: 'v1.4.2',
    whyNot: expect.stringContaining('the stack file says v1.3.0'),
    ran: { tag: 'v1.4.2', since: moved?.endedAt, until: updatedAt },
  });
  await push(work, 'v1.4.3');
  expect(await tracking()).toMatchObject({ newest: 'v1.4.3', next: null, ran: null });
});

it.each([
  ['semver:latest', {}, 'v1.3.0', /semver:latest .*is not supported/],
  ['semver:1.x', { 'cd-helper.enabled': 'false' }, 'v1.3.0', /^the service is excluded \(label\)$/],
  ['semver:1.x', {}, 'v2.0.0', /^v1.4.0: it is older than v2.0.0, which the service has$/],
])('tells why a service with %s and %j stays at %s', async (label, more, tag, why) => {
  bench.engine.addService({
    name: 'web',
    image: bench.image(`acme/web:${tag}`, publish(tag)),
    labels: { 'cd-helper.track': label, ...more },
  });
  bench.settle();
  const { work } = bench.start();
  await push(work, 'v1.4.0');
  expect((await tracking())?.whyNot).toMatch(why);
  expect(await bench.deployments()).toEqual([]);
});
