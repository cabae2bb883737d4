import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { digestOfChar, makeService } from '../../../test/support/work/make-service.ts';
import {
  makeDelivery,
  makeDeployment,
  nextId,
  pushOf,
  START,
} from '../../../test/support/store/store-samples.ts';
import type { NewDelivery } from '../../core/contract/delivery.ts';
import type { Digest } from '../../core/image/digest.ts';
import type { OutcomeAsk } from '../../core/outcome/outcome-ask.ts';
import { createIntakeWriter } from '../intake/accept-delivery.ts';
import { endDeployment } from '../deployments/deployments.ts';
import type { Store } from '../sqlite/open-store.ts';
import { openTestStore } from '../../../test/support/store/open-test-store.ts';
import { prune } from '../prune/prune.ts';
import { queueDeployment } from '../deployments/queue-deployment.ts';
import { replayDelivery } from '../intake/replay-delivery.ts';
import { readOutcomes } from './read-outcomes.ts';
import { recordChecks } from './record-checks.ts';

const [A, B, C] = ['a', 'b', 'c'].map(digestOfChar) as [Digest, Digest, Digest];
const MINUTE = 60_000;
const NAME = 'docker.io/acme/web';

let store: Store;
beforeEach(async () => {
  store = await openTestStore();
});
afterEach(() => store.close());

const options = { clusters: ['one'], now: () => START, onWork: () => {} };

const deliver = async (digest: Digest | null, at = START, change: Partial<NewDelivery> = {}) => {
  const receivedAt = new Date(at).toISOString();
  const pushes = [pushOf('acme/web:v1', digest)];
  const delivery = makeDelivery({ receivedAt, pushes, ...change });
  return (await createIntakeWriter(store, options).accept(delivery)).id;
};

const found = (deployment: string | null, verdict: 'obsolete' | 'unknown') => ({
  serviceId: 'service-1',
  service: 'web',
  stack: null,
  verdict,
  reason: null,
  detail: null,
  deployment,
});

/** A check that shows `digest`, and ends what waits. */
const check = async (
  digest: Digest | null,
  deployment: string | null = null,
  members: readonly Digest[] | null = null,
) => {
  const verdict = digest === null ? 'unknown' : 'obsolete';
  const tags = [{ tag: 'v1', digest, members, services: [found(deployment, verdict)] }];
  await store.db
    .transaction()
    .execute((query) =>
      recordChecks(query, { cluster: 'one', name: NAME, newestPush: 1_000, tags }, START),
    );
};
const endPushes = () =>
  store.db.updateTable('push_results').set({ state: 'done', outcome: 'deployed' }).execute();

const image = (digest: Digest | null, since = START - 15 * MINUTE): OutcomeAsk => ({
  by: 'image',
  name: NAME,
  tag: 'v1',
  digest,
  since,
});
const deliveriesOf = async (ask: OutcomeAsk, now = START): Promise<readonly string[] | null> => {
  const facts = await readOutcomes(store.db, [ask], now);
  return facts.pushesOf(ask)?.map(({ delivery }) => delivery) ?? null;
};

describe('the push that is meant', () => {
  it('is the newest that named the digest, or at whose check it was shown', async () => {
    const named = await deliver(B);
    expect(await deliveriesOf(image(B))).toEqual([named]);
    const unnamed = await deliver(null);
    expect(await deliveriesOf(image(B))).toEqual([named]);
    await check(B);
    expect(await deliveriesOf(image(B))).toEqual([unnamed]);
    expect(await deliveriesOf(image(A))).toEqual([]);
    expect(await deliveriesOf({ ...image(B), tag: 'v2' } as OutcomeAsk)).toEqual([]);
  });

  it('may be asked about by the digest of a platform', async () => {
    const id = await deliver(B);
    await check(B, null, [C]);
    expect(await deliveriesOf(image(C))).toEqual([id]);
  });

  it('without a digest is the newest of the last minutes, or none yet', async () => {
    await deliver(A, START - 20 * MINUTE);
    expect(await deliveriesOf(image(null))).toEqual([]);
    const id = await deliver(B, START - MINUTE);
    expect(await deliveriesOf(image(null))).toEqual([id]);
  });

  it('is none that the tag has moved on from long ago: the same digest is pushed again now', async () => {
    const first = await deliver(A, START - 60 * MINUTE);
    expect(await deliveriesOf(image(A))).toEqual([first]);
    await deliver(B, START - 30 * MINUTE);
    expect(await deliveriesOf(image(A))).toEqual([]);
    const again = await deliver(A, START);
    expect(await deliveriesOf(image(A))).toEqual([again]);
  });

  it('of a repetition is that of its original, until somebody replays it', async () => {
    const sent = { senderDeliveryId: 'x' };
    const original = await deliver(B, START, sent);
    const again = await deliver(B, START, sent);
    const ask: OutcomeAsk = { by: 'delivery', delivery: again };
    expect(await deliveriesOf(ask)).toEqual([original]);
    await replayDelivery(store.durability, options, again);
    expect(await deliveriesOf(ask)).toEqual([again]);
    expect(await deliveriesOf({ by: 'delivery', delivery: 'none' })).toBeNull();
  });
});

describe('what a check found', () => {
  const service = makeService({ id: 'service-1' });
  const queue = async (to: Digest): Promise<string> =>
    (await queueDeployment(store.db, makeDeployment({ service, to, id: nextId() }), START)).id;
  const END = { state: 'succeeded', reason: null, failure: null } as const;

  const factsOf = async (ask: OutcomeAsk) => {
    const facts = await readOutcomes(store.db, [ask], START);
    const [push] = facts.pushesOf(ask) ?? [];
    if (push === undefined) throw new Error('no push');
    return {
      check: facts.resultOf(push.push, 'one')?.check ?? null,
      deployments: facts.deploymentsOf('one', 'service-1').map(({ id }) => id),
    };
  };

  it('is shared by pushes that were first checked together, and stays with the older ones', async () => {
    const first = await deliver(B);
    const second = await deliver(B);
    const one = await queue(B);
    await check(B, one);
    await endPushes();
    const third = await deliver(C);
    const two = await queue(C);
    await check(C, two);
    const checks = await store.db.selectFrom('checks').selectAll().execute();
    expect(checks).toHaveLength(2);
    for (const delivery of [first, second]) {
      expect(await factsOf({ by: 'delivery', delivery })).toMatchObject({
        check: { shown: [{ digest: B }], services: [{ deployment: one }] },
        // It was superseded, so its replacement is read too.
        deployments: [one, two],
      });
    }
    expect(await factsOf({ by: 'delivery', delivery: third })).toMatchObject({
      deployments: [two],
    });
  });

  it('of a later check takes the place of an earlier one, but for a deployment that it cannot tell of', async () => {
    const delivery = await deliver(null);
    const one = await queue(B);
    await check(B, one);
    await endDeployment(store.db, one, END, START);
    await check(null);
    expect(await factsOf({ by: 'delivery', delivery })).toMatchObject({
      check: { services: [{ deployment: one, digest: B }], hasDeployments: true },
      deployments: [one],
    });
  });

  it('goes with its pushes', async () => {
    await deliver(B);
    await check(B, await queue(B), [C]);
    await endPushes();
    await prune(store.db, { ageMs: 1, deployments: 1, bytes: 1e9 }, START + MINUTE);
    for (const table of ['checks', 'check_services', 'check_digests', 'index_members'] as const) {
      expect(await store.db.selectFrom(table).selectAll().execute()).toEqual([]);
    }
  });
});
