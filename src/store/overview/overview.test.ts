import { randomFillSync } from 'node:crypto';
import type { KyselyPlugin } from 'kysely';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { makeService } from '../../../test/support/work/make-service.ts';
import { makeDelivery, makeDeployment, pushOf } from '../../../test/support/store/store-samples.ts';
import { openTestStore } from '../../../test/support/store/open-test-store.ts';
import type { Scope } from '../../core/contract/scope.ts';
import type { DeploymentState } from '../../core/contract/views.ts';
import { createTimeOrderedIds } from '../../core/time-ordered-id.ts';
import { endDeployment } from '../deployments/deployments.ts';
import { queueDeployment } from '../deployments/queue-deployment.ts';
import { addFreeze, endFreeze } from '../holds/freezes.ts';
import { createIntakeWriter } from '../intake/accept-delivery.ts';
import type { Store } from '../sqlite/open-store.ts';
import { readBars } from './read-bars.ts';
import { DAY_MS, readDay } from './read-day.ts';
import { readFreezeBands, readPushMarks } from './read-marks.ts';
import { readRollouts } from './read-rollouts.ts';

const MIDNIGHT = Date.parse('2026-03-10T00:00:00Z');
const HOUR_MS = 3_600_000;
const NOW = MIDNIGHT + 12 * HOUR_MS;

let store: Store;
let now: number;
let newId: () => string;
beforeEach(async () => {
  store = await openTestStore();
  now = MIDNIGHT - DAY_MS;
  newId = createTimeOrderedIds(() => now, randomFillSync);
});
afterEach(() => store.close());

const push = async (at: number, image = 'acme/web:v1'): Promise<string> => {
  now = Math.max(now, at);
  const { accept } = createIntakeWriter(store, {
    clusters: ['one'],
    now: () => at,
    onWork: () => undefined,
  });
  const receivedAt = new Date(at).toISOString();
  return (await accept(makeDelivery({ id: newId(), receivedAt, pushes: [pushOf(image)] }))).id;
};

type Made = {
  readonly service?: string;
  readonly stack?: string | null;
  readonly at: number;
  readonly delivery?: string;
  readonly tookMs?: number;
};

/** Times must be given in order, as ids are. */
const deploy = async (state: DeploymentState, made: Made): Promise<string> => {
  const { service = 'web', stack = null, at, delivery = 'none', tookMs = 30_000 } = made;
  now = at;
  const id = newId();
  await queueDeployment(
    store.db,
    makeDeployment({
      id,
      cause: 'forced',
      service: makeService({ id: service, name: `${service}-name`, stack }),
      triggers: [{ kind: 'hook', source: delivery }],
    }),
    at,
  );
  if (state !== 'queued') {
    const end = { state, reason: null, failure: null } as Parameters<typeof endDeployment>[2];
    await endDeployment(store.db, id, end, at + tookMs);
  }
  return id;
};

it('a day counts what did something, and the median from push to verified', async () => {
  const first = await push(MIDNIGHT);
  await deploy('succeeded', { at: MIDNIGHT + 1_000, delivery: first, tookMs: 9_000 });
  await deploy('failed', { at: MIDNIGHT + HOUR_MS, delivery: first });
  await deploy('rolled-back', { at: MIDNIGHT + 2 * HOUR_MS });
  await deploy('superseded', { at: MIDNIGHT + 3 * HOUR_MS });
  const second = await push(MIDNIGHT + 4 * HOUR_MS);
  const later = MIDNIGHT + 4 * HOUR_MS;
  await deploy('succeeded', { at: later, delivery: second, tookMs: 30_000 });
  await deploy('succeeded', { at: later + 60_000, delivery: second, tookMs: 60_000 });
  await deploy('succeeded', { at: MIDNIGHT + DAY_MS, tookMs: 5_000 });
  expect(await readDay(store.db, MIDNIGHT, null)).toEqual({
    day: '2026-03-10',
    deployments: 5,
    failures: 2,
    medianSeconds: 30,
  });
  const next = { day: '2026-03-11', deployments: 1, failures: 0, medianSeconds: null };
  expect(await readDay(store.db, MIDNIGHT + DAY_MS, null)).toEqual(next);
  const before = { day: '2026-03-09', deployments: 0, failures: 0, medianSeconds: null };
  expect(await readDay(store.db, MIDNIGHT - DAY_MS, null)).toEqual(before);
});

it('a day within a scope counts only what is in it', async () => {
  await deploy('succeeded', { at: MIDNIGHT, service: 'a', stack: 'shop' });
  await deploy('failed', { at: MIDNIGHT + 1, service: 'b', stack: 'other' });
  const within = { clusters: ['one'], stacks: ['shop'] };
  const day = await readDay(store.db, MIDNIGHT, within);
  expect(day).toMatchObject({ deployments: 1, failures: 0 });
});

it('a scope is patterns of clusters and stacks', async () => {
  await deploy('succeeded', { at: MIDNIGHT, service: 'a', stack: 'shop-eu' });
  await deploy('failed', { at: MIDNIGHT + 1, service: 'b', stack: 'other' });
  await deploy('failed', { at: MIDNIGHT + 2, service: 'c', stack: null });
  const count = async (within: Scope) => (await readDay(store.db, MIDNIGHT, within)).deployments;
  expect(await count({ clusters: ['o*'], stacks: ['shop-*'] })).toBe(1);
  expect(await count({ clusters: null, stacks: ['shop-*', 'other'] })).toBe(2);
  expect(await count({ clusters: ['one'], stacks: null })).toBe(3);
  expect(await count({ clusters: ['two'], stacks: null })).toBe(0);
});

it('bars are those open at the start or later, by service, oldest first', async () => {
  const since = NOW - HOUR_MS;
  await deploy('failed', { at: since - HOUR_MS, service: 'over' });
  const ended = { at: since - 10_000, tookMs: 20_000 };
  const across = await deploy('succeeded', ended);
  const inside = await deploy('rolled-back', { at: since + 60_000 });
  const open = await deploy('queued', { at: since + 120_000, service: 'api' });
  const bars = await readBars(store.db, { since, within: null, service: null });
  expect([...bars.keys()].toSorted()).toEqual(['one/api', 'one/web']);
  expect(bars.get('one/web')?.deployments.map(({ id }) => id)).toEqual([across, inside]);
  expect(bars.get('one/web')).toMatchObject({
    service: { id: 'web', name: 'web-name' },
    images: new Set(['docker.io/acme/web:v1']),
  });
  expect(bars.get('one/api')?.deployments).toMatchObject([{ id: open, endedAt: null }]);
  const service = { cluster: 'one', id: 'api' };
  const one = await readBars(store.db, { since, within: null, service });
  expect([...one.keys()]).toEqual(['one/api']);
  const none = await readBars(store.db, {
    since,
    within: { clusters: ['two'], stacks: null },
    service: null,
  });
  expect(none.size).toBe(0);
});

it('an open deployment has a bar however old it is', async () => {
  const open = await deploy('queued', { at: MIDNIGHT });
  const since = MIDNIGHT + 10 * DAY_MS;
  const bars = await readBars(store.db, { since, within: null, service: null });
  expect(bars.get('one/web')?.deployments.map(({ id }) => id)).toEqual([open]);
});

it('a deployment that waited for days has a bar when it ends', async () => {
  const thawed = await deploy('failed', { at: MIDNIGHT, tookMs: 3 * DAY_MS });
  const since = MIDNIGHT + 3 * DAY_MS - HOUR_MS;
  const bars = await readBars(store.db, { since, within: null, service: null });
  expect(bars.get('one/web')?.deployments.map(({ id }) => id)).toEqual([thawed]);
});

it('rollouts are the open ones, cut to a number', async () => {
  await deploy('succeeded', { at: MIDNIGHT, service: 'done' });
  const first = await deploy('queued', { at: MIDNIGHT + 1, service: 'a' });
  await deploy('queued', { at: MIDNIGHT + 2, service: 'b' });
  const all = await readRollouts(store.db, 2, null, NOW);
  expect(all).toMatchObject({ isWhole: true, items: [{ id: first, state: 'queued' }, {}] });
  const cut = await readRollouts(store.db, 1, null, NOW);
  expect(cut).toMatchObject({ isWhole: false, items: [{ id: first }] });
  const elsewhere = { clusters: ['two'], stacks: null };
  expect((await readRollouts(store.db, 2, elsewhere, NOW)).items).toEqual([]);
});

it('pushes of an image since then, with their tag', async () => {
  await push(MIDNIGHT - HOUR_MS);
  const first = await push(MIDNIGHT);
  const second = await push(MIDNIGHT + 1_000);
  await push(MIDNIGHT, 'acme/web:v2');
  const image = 'docker.io/acme/web:v1';
  const marks = (await readPushMarks(store.db, [image], MIDNIGHT)).get(image);
  expect(marks).toMatchObject([
    { delivery: first, at: new Date(MIDNIGHT).toISOString(), tag: 'v1' },
    { delivery: second },
  ]);
});

it('the pushes of many tags of a repository are one query', async () => {
  const first = await push(MIDNIGHT, 'acme/web:v1');
  const second = await push(MIDNIGHT + 1_000, 'acme/web:v2');
  const tags = Array.from({ length: 40 }, (_, index) => `docker.io/acme/web:v${index}`);
  let queries = 0;
  const counting: KyselyPlugin = {
    transformQuery: ({ node }) => {
      queries += 1;
      return node;
    },
    transformResult: async ({ result }) => result,
  };
  const marks = await readPushMarks(store.db.withPlugin(counting), tags, MIDNIGHT);
  expect(queries).toBe(1);
  expect(marks.size).toBe(40);
  const delivered = [...marks.values()].flat().map(({ delivery }) => delivery);
  expect(delivered).toEqual([first, second]);
});

it('freezes that were active since then, until when they were or are', async () => {
  const freeze = async (at: number, until: number | null): Promise<string> => {
    const to = { cluster: null, stack: 'shop', service: null, reason: 'sale', by: 'oncall' };
    return (await addFreeze(store.db, { ...to, id: newId(), until }, at)).id;
  };
  const lifted = await freeze(MIDNIGHT, null);
  await endFreeze(store.db, lifted, 'oncall', NOW - HOUR_MS);
  const over = await freeze(MIDNIGHT, NOW - 3 * HOUR_MS);
  const standing = await freeze(MIDNIGHT, null);
  const bands = await readFreezeBands(store.db, NOW - 2 * HOUR_MS);
  expect(bands.map(({ id, until }) => [id, until])).toEqual([
    [lifted, new Date(NOW - HOUR_MS).toISOString()],
    [standing, null],
  ]);
  const earlier = await readFreezeBands(store.db, NOW - 4 * HOUR_MS);
  expect(earlier.map(({ id }) => id)).toEqual([lifted, over, standing]);
});
