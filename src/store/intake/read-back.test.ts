import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeDelivery, pushOf, START } from '../../../test/support/store/store-samples.ts';
import type { NewDelivery } from '../../core/contract/delivery.ts';
import { createIntakeWriter, type IntakeOptions } from './accept-delivery.ts';
import type { Store } from '../sqlite/open-store.ts';
import { openTestStore } from '../../../test/support/store/open-test-store.ts';
import { replayDelivery } from './replay-delivery.ts';

let store: Store;
let woken: number;
beforeEach(async () => {
  store = await openTestStore();
  woken = 0;
});
afterEach(() => store.close());

const options: IntakeOptions = {
  clusters: ['one', 'two'],
  now: () => START,
  onWork: () => {
    woken += 1;
  },
};
const deliver = async (change: Partial<NewDelivery> = {}): Promise<string> =>
  (await createIntakeWriter(store, options).accept(makeDelivery(change))).id;

describe('replaying a delivery', () => {
  const results = () =>
    store.db.selectFrom('push_results').selectAll().orderBy('cluster').execute();
  const finish = async (): Promise<void> => {
    await store.db.deleteFrom('look_work').execute();
    await store.db
      .updateTable('push_results')
      .set({ state: 'done', outcome: 'nothing-to-do', ended_at: START })
      .execute();
    woken = 0;
  };

  it('lets every push be looked at once more, on the clusters that it was for', async () => {
    const id = await deliver({
      clusters: ['two'],
      pushes: [pushOf('acme/web:v1'), pushOf('acme/api:v1')],
    });
    await finish();
    expect(await replayDelivery(store.durability, options, id)).toBe(2);
    expect(await results()).toMatchObject([
      { cluster: 'two', state: 'waiting', ended_at: null },
      { cluster: 'two', state: 'waiting', ended_at: null },
    ]);
    expect(
      await store.db.selectFrom('look_work').select(['cluster', 'name', 'run_at']).execute(),
    ).toEqual([
      { cluster: 'two', name: 'docker.io/acme/web', run_at: START },
      { cluster: 'two', name: 'docker.io/acme/api', run_at: START },
    ]);
    expect(woken).toBe(1);
  });

  it('carries a duplicate out, which had started nothing', async () => {
    await deliver({ senderDeliveryId: 'guid' });
    const duplicate = await deliver({ senderDeliveryId: 'guid' });
    await finish();
    expect(await replayDelivery(store.durability, options, duplicate)).toBe(1);
    expect((await results()).filter(({ state }) => state === 'waiting')).toHaveLength(2);
  });

  it('does nothing for one that asked for nothing, and tells one that is not there', async () => {
    const id = await deliver({ pushes: [], ignored: [{ reason: 'no-tag' }] });
    woken = 0;
    expect(await replayDelivery(store.durability, options, id)).toBe(0);
    expect(await replayDelivery(store.durability, options, 'nothing')).toBeNull();
    expect(woken).toBe(0);
  });
});
