import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { digestOfChar } from '../../test/support/make-service.ts';
import { makeDelivery, makeDeployment, pushOf, START } from '../../test/support/store-samples.ts';
import type { NewDelivery } from '../core/delivery.ts';
import type { Digest } from '../core/digest.ts';
import { createIntakeWriter, type IntakeOptions } from './accept-delivery.ts';
import { endDeployment } from './deployments.ts';
import { openStore, type Store } from './open-store.ts';
import { type NewDeployment, queueDeployment } from './queue-deployment.ts';
import { digestsBefore } from './read-deployments.ts';
import { replayDelivery } from './replay-delivery.ts';

const [A, B, C, D] = ['a', 'b', 'c', 'd'].map(digestOfChar) as [Digest, Digest, Digest, Digest];

let store: Store;
let woken: number;
beforeEach(() => {
  store = openStore(':memory:');
  woken = 0;
});
afterEach(() => store.close());

const options: IntakeOptions = {
  clusters: ['one', 'two'],
  now: () => START,
  lastLookAt: () => null,
  onWork: () => {
    woken += 1;
  },
};
const deliver = async (change: Partial<NewDelivery> = {}): Promise<string> =>
  (await createIntakeWriter(store, options).accept(makeDelivery(change))).id;
const deploy = async (change: Partial<NewDeployment> = {}, at = START): Promise<string> =>
  (await queueDeployment(store.db, makeDeployment({ cause: 'forced', ...change }), at)).id;
const END = { state: 'succeeded', reason: null, failure: null } as const;

describe('the digest before', () => {
  const went = async (
    from: Digest | null,
    to: Digest,
    state: 'succeeded' | 'rolled-back' = 'succeeded',
  ) => endDeployment(store.db, await deploy({ from, to }), { ...END, state }, START);

  it.each<
    [
      string,
      readonly (readonly [Digest | null, Digest, ('rolled-back' | 'succeeded')?])[],
      Digest | null,
      Digest | null,
    ]
  >([
    ['none is known', [], A, null],
    ['what stood before our first deployment', [[A, B]], B, A],
    [
      'the one before the last',
      [
        [A, B],
        [B, C],
      ],
      C,
      B,
    ],
    [
      'one that failed was never there',
      [
        [A, B],
        [B, C, 'rolled-back'],
      ],
      B,
      A,
    ],
    ['somebody else deployed meanwhile', [[A, B]], D, B],
    ['an unpinned beginning is nothing to go back to', [[null, B]], B, null],
    [
      'the same twice counts once',
      [
        [A, B],
        [B, B],
      ],
      B,
      A,
    ],
  ])('%s', async (_name, history, present, expected) => {
    for (const [from, to, state] of history) await went(from, to, state);
    const [before = null] = await digestsBefore(store.db, 'one', 'service-1', present);
    expect(before).toBe(expected);
  });
});

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
