import { afterEach, beforeEach, expect, it } from 'vitest';
import { makeDelivery, START } from '../../../test/support/store/store-samples.ts';
import { createIntakeWriter } from '../intake/accept-delivery.ts';
import { endUnconfigured } from './end-unconfigured.ts';
import type { Store } from '../sqlite/open-store.ts';
import { openTestStore } from '../../../test/support/store/open-test-store.ts';
import { checkQueue, pushQueue } from './queue-depth.ts';

let store: Store;
beforeEach(async () => {
  store = await openTestStore();
});
afterEach(() => store.close());

const accept = (clusters: readonly string[]) =>
  createIntakeWriter(store, {
    clusters,
    now: () => START,
    onWork: () => {},
  }).accept(makeDelivery());
const results = () =>
  store.db
    .selectFrom('push_results')
    .select(['cluster', 'state', 'outcome', 'detail', 'ended_at'])
    .orderBy('cluster')
    .execute();

it('ends what waits for a cluster that is gone, and leaves the others alone', async () => {
  await accept(['one', 'two']);
  expect(await endUnconfigured(store.db, ['one', 'new'], START + 5)).toEqual({
    pushes: 1,
    deployments: 0,
    clusters: ['two'],
  });
  expect(await results()).toEqual([
    { cluster: 'one', state: 'waiting', outcome: null, detail: null, ended_at: null },
    {
      cluster: 'two',
      state: 'done',
      outcome: 'given-up',
      detail: 'the cluster is no longer in the configuration',
      ended_at: START + 5,
    },
  ]);
  expect((await pushQueue(store.db)).map(({ cluster }) => cluster)).toEqual(['one']);
  expect((await checkQueue(store.db, START)).map(({ cluster }) => cluster)).toEqual(['one']);
});

it('keeps what was deployed, and ends nothing twice', async () => {
  await accept(['two']);
  await store.db.updateTable('push_results').set({ outcome: 'deployed' }).execute();
  await endUnconfigured(store.db, ['one'], START + 5);
  expect(await results()).toMatchObject([{ state: 'done', outcome: 'deployed' }]);
  expect(await endUnconfigured(store.db, ['one'], START + 9)).toEqual({
    pushes: 0,
    deployments: 0,
    clusters: [],
  });
  expect(await results()).toMatchObject([{ ended_at: START + 5 }]);
});
