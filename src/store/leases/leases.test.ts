import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Store } from '../sqlite/open-store.ts';
import { openTestStore } from '../../../test/support/store/open-test-store.ts';
import { listInstances } from './instances.ts';
import { keepLeases, leaveLeases, readLeases } from './leases.ts';

let store: Store;
beforeEach(async () => {
  store = await openTestStore();
});
afterEach(() => store.close());

const wish = (id: string) => ({
  instance: { id, host: 'node-1', version: '1.0.0' },
  renew: [],
  take: ['runs', 'schedule'],
  lifeMs: null,
});

it('gives every lease at once to the process that has the store alone', async () => {
  await keepLeases(store.db, wish('before'));
  const { taken } = await keepLeases(store.db, wish('now'));
  expect(taken).toEqual([
    { name: 'runs', epoch: 2, isTakenOver: false },
    { name: 'schedule', epoch: 2, isTakenOver: false },
  ]);
  const { leases } = await readLeases(store.db);
  expect(leases).toMatchObject([
    { name: 'runs', holder: 'now', until: null },
    { name: 'schedule', holder: 'now', until: null },
  ]);
  const { instances } = await listInstances(store.db);
  expect(instances).toMatchObject([{ id: 'now', host: 'node-1', version: '1.0.0' }]);
});

it('holds nothing of what the process before worked on and this one does not', async () => {
  await keepLeases(store.db, { ...wish('before'), take: ['cluster:gone'] });
  await keepLeases(store.db, wish('now'));
  const { leases } = await readLeases(store.db);
  expect(leases.find(({ name }) => name === 'cluster:gone')).toMatchObject({ holder: null });
});

it('gives a lease that was left to another, and none that is held', async () => {
  const lives = { lifeMs: 15_000 };
  const { taken } = await keepLeases(store.db, { ...wish('one'), ...lives });
  expect((await keepLeases(store.db, { ...wish('two'), ...lives })).taken).toEqual([]);
  await leaveLeases(store.db, 'one', taken.slice(0, 1));
  expect((await keepLeases(store.db, { ...wish('two'), ...lives })).taken).toEqual([
    { name: 'runs', epoch: 2, isTakenOver: false },
  ]);
  // A lease that another instance has taken is neither renewed nor released.
  await leaveLeases(store.db, 'one', taken);
  const again = await keepLeases(store.db, { ...wish('one'), ...lives, take: [], renew: taken });
  expect(again.renewed).toEqual([]);
  const { leases } = await readLeases(store.db);
  expect(leases.map(({ name, holder }) => [name, holder])).toEqual([
    ['runs', 'two'],
    ['schedule', null],
  ]);
});
