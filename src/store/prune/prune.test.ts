import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeService } from '../../../test/support/work/make-service.ts';
import {
  makeDelivery,
  makeDeployment,
  nextId,
  START,
} from '../../../test/support/store/store-samples.ts';
import type { NewDelivery } from '../../core/contract/delivery.ts';
import { EVERY_SERVICE } from '../../core/contract/every-service.ts';
import type { ServiceView } from '../../core/contract/views.ts';
import { createIntakeWriter } from '../intake/accept-delivery.ts';
import { recordAction } from '../access/actions.ts';
import { endDeployment } from '../deployments/deployments.ts';
import { addFreeze, endFreeze } from '../holds/freezes.ts';
import { addHold, releaseHolds } from '../holds/holds.ts';
import { openStore, type Store } from '../sqlite/open-store.ts';
import { prune, type Retention } from './prune.ts';
import { queueDeployment } from '../deployments/queue-deployment.ts';
import { endRun, putRunServices, startRun } from '../runs/runs.ts';
import type { Tables } from '../tables/tables.ts';

const DAY = 24 * 3_600_000;
const FOREVER: Retention = { ageMs: 90 * DAY, deployments: 10_000, bytes: 1e9 };

let store: Store;
beforeEach(() => {
  store = openStore(':memory:');
});
afterEach(() => store.close());

const run = (change: Partial<Retention> = {}, now = START): Promise<number> =>
  prune(store.db, { ...FOREVER, ...change }, now);
const count = async (table: keyof Tables): Promise<number> =>
  (
    await store.db
      .selectFrom(table)
      .select((eb) => eb.fn.countAll<number>().as('n'))
      .executeTakeFirstOrThrow()
  ).n;

/** A delivery whose pushes are all done, unless it still waits. */
const deliver = async (
  at: number,
  change: Partial<NewDelivery> & { waits?: boolean } = {},
): Promise<string> => {
  const { waits = false, ...rest } = change;
  const accept = createIntakeWriter(store, {
    clusters: ['one'],
    now: () => at,
    onWork: () => {},
  }).accept;
  const { id } = await accept(makeDelivery({ receivedAt: new Date(at).toISOString(), ...rest }));
  if (!waits) {
    await store.db
      .updateTable('push_results')
      .set({ state: 'done' })
      .where('push_id', 'in', (eb) =>
        eb.selectFrom('pushes').select('id').where('delivery_id', '=', id),
      )
      .execute();
  }
  return id;
};
/** A deployment that ended at a time, or is still open. */
const deploy = async (at: number, service = 'service-1', open = false): Promise<string> => {
  const wanted = makeDeployment({ service: makeService({ id: service }), cause: 'forced' });
  const { id } = await queueDeployment(store.db, wanted, at);
  if (!open)
    await endDeployment(store.db, id, { state: 'succeeded', reason: null, failure: null }, at);
  return id;
};
const idsOf = async (table: 'deliveries' | 'deployments' | 'runs'): Promise<string[]> =>
  (await store.db.selectFrom(table).select('id').orderBy('id').execute()).map(({ id }) => id);

describe('by age', () => {
  it('removes deliveries with all that hangs on them, but none of which a push waits', async () => {
    await deliver(START - 91 * DAY);
    const waiting = await deliver(START - 91 * DAY, { waits: true });
    const young = await deliver(START - 89 * DAY);
    expect(await run()).toBe(1);
    expect(await idsOf('deliveries')).toEqual([waiting, young].toSorted());
    expect(await count('pushes')).toBe(2);
    expect(await count('push_results')).toBe(2);
  });

  it('removes deployments with all that hangs on them, but neither open ones nor the last of a service', async () => {
    await deploy(START - 95 * DAY);
    const last = await deploy(START - 94 * DAY);
    await deploy(START - 93 * DAY, 'service-2');
    const open = await deploy(START - 92 * DAY, 'service-2', true);
    expect(await run()).toBe(2);
    expect(await idsOf('deployments')).toEqual([last, open]);
    expect(await count('triggers')).toBe(2);
    expect(await count('deployment_steps')).toBe(3);
  });

  it('removes ended runs, actions, lifted holds, ended freezes, and no standing ones', async () => {
    const old = START - 91 * DAY;
    const request = { ...EVERY_SERVICE, dryRun: true };
    const start = (): Promise<string> =>
      startRun(store.db, { id: nextId(), request, origin: 'person', actor: null }, old);
    const ended = await start();
    await endRun(store.db, ended, { state: 'done', reason: null }, old);
    const open = await start();
    await recordAction(
      store.db,
      { id: nextId(), actor: 'a', action: 'b', target: 'c', detail: {} },
      old,
    );
    const hold = {
      cluster: 'one',
      service: makeService(),
      digest: makeDeployment().to,
      kind: 'known-bad',
      deployment: null,
    } as const;
    if (hold.digest === null) throw new Error('no digest');
    await addHold(store.db, { ...hold, digest: hold.digest, id: nextId() }, old);
    await releaseHolds(store.db, { cluster: 'one', serviceId: 'service-1' }, 'oncall', old);
    await addHold(store.db, { ...hold, digest: hold.digest, id: nextId() }, old);
    const freeze = { cluster: null, stack: null, service: null, reason: 'x', by: 'y' };
    const { id } = await addFreeze(store.db, { ...freeze, id: nextId(), until: null }, old);
    await endFreeze(store.db, id, 'y', old);
    await addFreeze(store.db, { ...freeze, id: nextId(), until: old + 5 }, old);
    await addFreeze(store.db, { ...freeze, id: nextId(), until: null }, old);

    expect(await run()).toBe(5);
    expect(await idsOf('runs')).toEqual([open]);
    expect(await count('actions')).toBe(0);
    expect(await count('holds')).toBe(1);
    expect(await count('freezes')).toBe(1);
  });

  it('removes more than fits into one commit', async () => {
    await store.db.transaction().execute(async (query) => {
      for (let index = 0; index < 1_201; index += 1) {
        await query
          .insertInto('deliveries')
          .values({
            id: nextId(),
            received_at: START - 91 * DAY,
            sender: 's',
            secret: 's',
            address: '',
            status: 202,
            sender_delivery_id: null,
            duplicate_of: null,
            headers: null,
            body: null,
            ignored: '[]',
            counted: 1,
          })
          .execute();
      }
    });
    expect(await run()).toBe(1_201);
  });
});

describe('by count', () => {
  it('keeps the newest deployments, and whatever is open or the last of its service', async () => {
    const first = await deploy(START, 'service-2');
    const made: string[] = [];
    for (let index = 0; index < 8; index += 1) made.push(await deploy(START + index));
    const open = await deploy(START + 100, 'service-3', true);
    expect(await run({ deployments: 4 }, START + DAY)).toBe(5);
    expect(await idsOf('deployments')).toEqual([first, ...made.slice(-3), open]);
    expect(await run({ deployments: 0 }, START + DAY)).toBe(2);
    expect(await idsOf('deployments')).toEqual([first, made.at(-1), open]);
  });

  it('keeps a sample of what was only ignored, and the whole count', async () => {
    for (let index = 0; index < 1_003; index += 1)
      await deliver(START, { pushes: [], ignored: [{ reason: 'not-a-push' }] });
    const kept = await deliver(START);
    expect(await run()).toBe(3);
    expect(await count('deliveries')).toBe(1_001);
    expect(await idsOf('deliveries')).toContain(kept);
    expect(await store.db.selectFrom('ignored_counts').select('count').execute()).toEqual([
      { count: 1_003 },
    ]);
  });
});

describe('the audit', () => {
  const act = (action: string): Promise<void> =>
    recordAction(store.db, { id: nextId(), actor: 'a', action, target: 'a', detail: {} }, START);

  it('loses none of what people did to any number of sign-ins, of which the newest are kept', async () => {
    await act('rollback');
    await store.db.transaction().execute(async (query) => {
      for (let index = 0; index < 5_003; index += 1) {
        const signIn = { actor: 'a', action: index < 3 ? 'sign-in' : 'sign-out', target: 'a' };
        await recordAction(query, { ...signIn, id: nextId(), detail: {} }, START);
      }
    });
    await act('freeze');
    expect(await run()).toBe(3);
    const kept = await store.db.selectFrom('actions').select('action').distinct().execute();
    expect(kept.map(({ action }) => action).toSorted()).toEqual(['freeze', 'rollback', 'sign-out']);
    expect(await count('actions')).toBe(5_002);
  });
});

describe('by bytes', () => {
  const used = async (): Promise<number> => {
    const { rows } = await store.db.executeQuery<{ used: number }>({
      sql: 'SELECT (page_count - freelist_count) * page_size AS used FROM pragma_page_count, pragma_freelist_count, pragma_page_size',
      parameters: [],
      query: { kind: 'RawNode', sqlFragments: [], parameters: [] },
      queryId: { queryId: 'used' },
    });
    return rows[0]?.used ?? 0;
  };

  it('removes the oldest deliveries until the rest fits, never what waits', async () => {
    const waiting = await deliver(START - 1_000, { body: 'x'.repeat(100_000), waits: true });
    for (let index = 0; index < 30; index += 1)
      await deliver(START - 500 + index, { body: 'x'.repeat(100_000) });
    const bytes = 2_000_000;
    expect(await used()).toBeGreaterThan(bytes);
    await run({ bytes });
    expect(await used()).toBeLessThanOrEqual(bytes);
    expect(await idsOf('deliveries')).toContain(waiting);
  });

  it('gives runs up before it has thrown everything else away in vain', async () => {
    const view = {
      id: 's',
      verdict: 'current',
      detail: 'x'.repeat(100_000),
    } as unknown as ServiceView;
    for (let index = 0; index < 30; index += 1) {
      const request = { ...EVERY_SERVICE, dryRun: true };
      const id = await startRun(
        store.db,
        { id: nextId(), request, origin: 'schedule', actor: null },
        START,
      );
      await putRunServices(store.db, id, 'one', [{ view, deployment: null }]);
      await endRun(store.db, id, { state: 'done', reason: null }, START - 500 + index * 15);
    }
    const delivery = await deliver(START);
    const bytes = 2_000_000;
    expect(await used()).toBeGreaterThan(bytes);
    await run({ bytes }, START + 1);
    expect(await used()).toBeLessThanOrEqual(bytes);
    expect(await count('runs')).toBeGreaterThan(0);
    expect(await idsOf('deliveries')).toEqual([delivery]);
  });

  it('takes from what is more than its share, and leaves the other kinds whole', async () => {
    for (const service of ['a', 'a', 'a', 'b', 'b']) await deploy(START - 10_000, service);
    await store.db.transaction().execute(async (query) => {
      for (let index = 0; index < 300; index += 1) {
        const detail = { reason: 'x'.repeat(10_000) };
        const freeze = { actor: 'a', action: 'freeze', target: 'production', detail };
        await recordAction(query, { ...freeze, id: nextId() }, START - 1_000 + index);
      }
    });
    const delivery = await deliver(START - 5_000, { body: 'x'.repeat(100_000) });
    const bytes = 1_500_000;
    expect(await used()).toBeGreaterThan(bytes);
    await run({ bytes });
    expect(await used()).toBeLessThanOrEqual(bytes);
    expect(await idsOf('deliveries')).toEqual([delivery]);
    expect(await count('deployments')).toBe(5);
    expect(await count('actions')).toBeGreaterThan(50);
  });

  it('stops where nothing is left that may go', async () => {
    await deliver(START - 10, { waits: true });
    await deploy(START - 10);
    expect(await run({ bytes: 0 })).toBe(0);
    expect([await count('deliveries'), await count('deployments')]).toEqual([1, 1]);
  });
});
