import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { digestOfChar } from '../../../test/support/work/make-service.ts';
import { makeDelivery, nextId, pushOf, START } from '../../../test/support/store/store-samples.ts';
import { BURST_QUIET_MS } from '../../core/check/check-timing.ts';
import { BacklogFull, type NewDelivery } from '../../core/contract/delivery.ts';
import type { Durability } from '../sqlite/durability.ts';
import { createIntakeWriter, type IntakeOptions } from './accept-delivery.ts';
import { recordCheckBegun } from '../check-queue/last-checks.ts';
import { claimCheck, endCheck } from '../check-queue/check-queue.ts';
import type { Store } from '../sqlite/open-store.ts';
import { openTestStore } from '../../../test/support/store/open-test-store.ts';

let store: Store;
let now: number;
let woken: string[][];
beforeEach(async () => {
  store = await openTestStore();
  now = START;
  woken = [];
});
afterEach(() => store.close());

const writer = (change: Partial<IntakeOptions> = {}) =>
  createIntakeWriter(store, {
    clusters: ['one', 'two'],
    now: () => now,
    onWork: (clusters) => woken.push([...clusters].toSorted()),
    ...change,
  }).accept;
const pushed = (image: string): NewDelivery => makeDelivery({ pushes: [pushOf(image)] });
const checks = () => store.db.selectFrom('look_work').selectAll().orderBy('id').execute();
const counts = async (): Promise<readonly number[]> =>
  Promise.all(
    (['deliveries', 'pushes', 'push_results', 'look_work'] as const).map(
      async (table) => (await store.db.selectFrom(table).selectAll().execute()).length,
    ),
  );
const later = (ms: number): string => new Date(START + ms).toISOString();

describe('whatever goes wrong with a commit', () => {
  it.each([
    ['the store', {}, { accept: () => Promise.reject(new Error('away')) }],
    [
      'what follows it',
      {
        onWork: () => {
          throw new Error('away');
        },
      },
      {},
    ],
  ])('the next delivery is committed: %s', async (_what, options, port) => {
    const failing = { ...port };
    const { accept } = createIntakeWriter(
      {
        ...store,
        durability: { accept: (batch) => (failing.accept ?? store.durability.accept)(batch) },
      },
      {
        clusters: ['one'],
        now: () => now,
        onWork: () => {},
        ...options,
      },
    );
    await Promise.allSettled([1, 2].map((name) => accept(pushed(`acme/${name}:v1`))));
    delete failing.accept;
    const { id } = await accept(makeDelivery({ pushes: [] }));
    expect(await store.db.selectFrom('deliveries').select('id').execute()).toContainEqual({ id });
  });
});

describe('a delivery', () => {
  it('is on disk with its pushes and a look for each cluster and repository', async () => {
    const accept = writer();
    const digest = digestOfChar('b');
    const delivery = makeDelivery({
      pushes: [
        pushOf('acme/web:v1', digest),
        pushOf('acme/web:latest'),
        pushOf('registry.local:5000/acme/web:v1'),
      ],
    });
    expect(await accept(delivery)).toEqual({ id: delivery.id, duplicateOf: null });

    expect(
      (await checks()).map(({ cluster, name, state, run_at }) => [cluster, name, state, run_at]),
    ).toEqual([
      ['one', 'docker.io/acme/web', 'pending', START],
      ['two', 'docker.io/acme/web', 'pending', START],
      ['one', 'registry.local:5000/acme/web', 'pending', START],
      ['two', 'registry.local:5000/acme/web', 'pending', START],
    ]);
    const pushes = await store.db.selectFrom('pushes').selectAll().orderBy('id').execute();
    expect(pushes.map(({ name, tag, digest: named }) => [name, tag, named])).toEqual([
      ['docker.io/acme/web', 'v1', digest],
      ['docker.io/acme/web', 'latest', null],
      ['registry.local:5000/acme/web', 'v1', null],
    ]);
    expect(woken).toEqual([['one', 'two']]);
  });

  it('acts on no other cluster than it may', async () => {
    await writer()(makeDelivery({ clusters: ['two'] }));
    expect((await checks()).map(({ cluster }) => cluster)).toEqual(['two']);
    expect(woken).toEqual([['two']]);
  });

  it('that only says what is ignored is counted, keeps no body and wakes nobody', async () => {
    const accept = writer();
    const ignored = [{ reason: 'not-a-push', about: 'pull' }];
    for (const ms of [0, 5_000]) {
      await accept(makeDelivery({ pushes: [], ignored, body: 'x', receivedAt: later(ms) }));
    }
    const rows = await store.db.selectFrom('deliveries').selectAll().execute();
    expect(rows.map(({ body, headers, counted }) => [body, headers, counted])).toEqual([
      [null, null, 0],
      [null, null, 0],
    ]);
    expect(await store.db.selectFrom('ignored_counts').selectAll().execute()).toEqual([
      {
        sender: 'docker-hub',
        secret: 'main',
        reason: 'not-a-push',
        count: 2,
        last_at: START + 5_000,
      },
    ]);
    expect(await checks()).toEqual([]);
    expect(woken).toEqual([]);
  });

  it('that only says what is ignored cannot swell the store, and each is counted', async () => {
    const accept = writer();
    const ignored = [{ reason: 'not-a-push', about: 'pull acme/web' }];
    const ids: string[] = [];
    for (let lot = 0; lot < 40; lot += 1) {
      const deliveries = Array.from({ length: 500 }, () => makeDelivery({ pushes: [], ignored }));
      ids.push(...deliveries.map(({ id }) => id));
      await Promise.all(deliveries.map(accept));
    }
    const kept = await store.db.selectFrom('deliveries').select('id').orderBy('id').execute();
    expect(kept.length).toBeLessThan(3_000);
    expect(kept.at(-1)?.id).toBe(ids.toSorted().at(-1));
    const told = await store.db.selectFrom('ignored_counts').selectAll().execute();
    expect(told.map(({ count }) => count)).toEqual([20_000]);
  });

  it('that only says what is ignored takes none that holds a push with it', async () => {
    const accept = writer();
    const { id } = await accept(makeDelivery());
    const ignored = [{ reason: 'not-a-push' }];
    for (let lot = 0; lot < 4; lot += 1) {
      const deliveries = Array.from({ length: 700 }, () => makeDelivery({ pushes: [], ignored }));
      await Promise.all(deliveries.map(accept));
    }
    const kept = store.db.selectFrom('deliveries').select('id').where('id', '=', id);
    expect(await kept.execute()).toEqual([{ id }]);
  });

  it('whose writing fails is told so, leaves nothing half done, and takes no other with it', async () => {
    const accept = writer({ clusters: ['one'] });
    const delivery = makeDelivery();
    await accept(delivery);
    const before = await counts();
    const pushes = [pushOf('acme/web:v1'), pushOf('acme/other:v1')];
    const [good, bad] = [makeDelivery(), { ...delivery, pushes }];
    const results = await Promise.allSettled([accept(good), accept(bad), accept(makeDelivery())]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(await counts()).toEqual(before.map((count, table) => (table === 3 ? 1 : count + 2)));
  });
});

describe('a burst', () => {
  it('becomes one check, due at once where none was before', async () => {
    const accept = writer({ clusters: ['one'] });
    await Promise.all(Array.from({ length: 21 }, () => accept(makeDelivery())));
    expect((await checks()).map(({ run_at, asked_at }) => [run_at, asked_at])).toEqual([
      [START, START],
    ]);
    expect((await counts())[0]).toBe(21);
  });

  it('waits for quiet right after a check, counted from its own first hook', async () => {
    const accept = writer({ clusters: ['one'] });
    await recordCheckBegun(store.db, { cluster: 'one', name: 'docker.io/acme/web' }, START - 10);
    await accept(makeDelivery());
    now += 300;
    await accept(makeDelivery());
    const [check] = await checks();
    expect(check).toMatchObject({ run_at: START + 300 + BURST_QUIET_MS, asked_at: START });
  });

  it('is put off anew with each of its hooks', async () => {
    const accept = writer({ clusters: ['one'] });
    await recordCheckBegun(store.db, { cluster: 'one', name: 'docker.io/acme/web' }, START - 10);
    const dues: number[] = [];
    for (const after of [0, 20, 29, 1, 49, 1]) {
      now += after;
      await accept(makeDelivery());
      const [check] = await checks();
      dues.push((check?.run_at ?? 0) - START - BURST_QUIET_MS);
    }
    expect(dues).toEqual([0, 20, 49, 50, 99, 100]);
  });

  it('resets a follow-up that is due later to now, and its failures', async () => {
    const accept = writer({ clusters: ['one'] });
    await store.db
      .insertInto('look_work')
      .values({
        cluster: 'one',
        name: 'docker.io/acme/web',
        state: 'pending',
        run_at: START + 120_000,
        asked_at: null,
        attempts: 7,
        last_error: 'away',
      })
      .execute();
    await accept(makeDelivery());
    expect(await checks()).toMatchObject([{ run_at: START, asked_at: START, attempts: 0 }]);
  });

  it('takes the follow-up that is due sooner', async () => {
    const accept = writer({ clusters: ['one'] });
    await recordCheckBegun(store.db, { cluster: 'one', name: 'docker.io/acme/web' }, START - 10);
    const due = START + 100;
    const row = {
      cluster: 'one',
      name: 'docker.io/acme/web',
      state: 'pending' as const,
      run_at: due,
    };
    await store.db
      .insertInto('look_work')
      .values({ ...row, asked_at: null, attempts: 0, last_error: null })
      .execute();
    await accept(makeDelivery());
    expect(await checks()).toMatchObject([{ run_at: due }]);
  });

  it('beside a check under way waits for it', async () => {
    const accept = writer({ clusters: ['one'] });
    await accept(makeDelivery());
    await store.db.updateTable('look_work').set({ state: 'running' }).execute();
    await accept(makeDelivery());
    expect((await checks()).map(({ state }) => state)).toEqual(['running', 'pending']);
  });

  it('shares commits', async () => {
    let commits = 0;
    const counted: Durability['accept'] = (batch) => {
      commits += 1;
      return store.durability.accept(batch);
    };
    const accept = createIntakeWriter(
      { ...store, durability: { accept: counted } },
      { clusters: ['one'], now: () => now, onWork: () => {} },
    ).accept;
    const accepted = await Promise.all(Array.from({ length: 200 }, () => accept(makeDelivery())));
    expect(new Set(accepted.map(({ id }) => id)).size).toBe(200);
    expect(commits).toBeLessThanOrEqual(2);
  });
});

describe('a repeated delivery', () => {
  const again = (change: Partial<NewDelivery> = {}): NewDelivery =>
    makeDelivery({ senderDeliveryId: 'guid-1', ...change });

  it('is kept, points at the first and starts nothing', async () => {
    const accept = writer({ clusters: ['one'] });
    const first = await accept(again());
    await store.db.deleteFrom('look_work').execute();
    woken = [];
    const second = await accept(again({ receivedAt: later(1_000) }));
    const third = await accept(again({ receivedAt: later(2_000) }));
    expect([second.duplicateOf, third.duplicateOf]).toEqual([first.id, first.id]);
    expect(await checks()).toEqual([]);
    expect(woken).toEqual([]);
    // Three deliveries, three pushes, and one result: that of the first.
    expect(await counts()).toEqual([3, 3, 1, 0]);
  });

  it('is recognised within one commit', async () => {
    const accept = writer({ clusters: ['one'] });
    const [first, second] = await Promise.all([accept(again()), accept(again())]);
    expect([first.duplicateOf, second.duplicateOf]).toEqual([null, first.id]);
  });

  it.each<[string, Partial<NewDelivery>]>([
    ['of another sender', { sender: 'github' }],
    ['by another secret', { secret: 'other' }],
    ['with another id', { senderDeliveryId: 'guid-2' }],
    ['without an id, about which nothing is guessed', { senderDeliveryId: null }],
    ['after seven days', { receivedAt: later(7 * 24 * 3_600_000) }],
  ])('is none %s', async (_name, change) => {
    const accept = writer();
    await accept(again());
    expect((await accept(again(change))).duplicateOf).toBeNull();
  });

  it('just within seven days is one', async () => {
    const accept = writer();
    const { id } = await accept(again());
    const receivedAt = later(7 * 24 * 3_600_000 - 1);
    expect((await accept(again({ receivedAt }))).duplicateOf).toBe(id);
  });
});

describe('a full backlog', () => {
  const fill = async (count: number): Promise<void> => {
    await store.db.transaction().execute(async (query) => {
      for (let index = 0; index < count; index += 1) {
        await query
          .insertInto('look_work')
          .values({
            cluster: 'one',
            name: `docker.io/acme/image-${index}`,
            state: 'pending',
            run_at: START,
            asked_at: START,
            attempts: 0,
            last_error: null,
          })
          .execute();
      }
    });
  };

  it('refuses a push, tells when to come again, and keeps nothing of it', async () => {
    await fill(10_000);
    const before = await counts();
    const accept = writer();
    const refusal = await accept(makeDelivery()).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(BacklogFull);
    expect(refusal).toMatchObject({ code: 'backlog-full', retryAfterSeconds: 10 });
    expect(await counts()).toEqual(before);
    expect(woken).toEqual([]);
  });

  it('takes what asks for nothing all the same', async () => {
    await fill(10_000);
    const ignored = [{ reason: 'no-tag' }];
    await expect(writer()(makeDelivery({ pushes: [], ignored }))).resolves.toMatchObject({});
  });

  it('is never filled by one secret: others are taken as ever, and so is what asks for nothing', async () => {
    const accept = writer({ clusters: ['one'] });
    const flood = (index: number) =>
      accept(
        makeDelivery({
          id: nextId(),
          secret: 'careless',
          pushes: Array.from({ length: 100 }, (_, each) => pushOf(`made-up/${index}-${each}:v1`)),
        }),
      );
    const results = await Promise.allSettled(
      Array.from({ length: 103 }, (_, index) => flood(index)),
    );
    const refused = results.filter(({ status }) => status === 'rejected');
    expect(refused).toHaveLength(53);
    expect((await checks()).length).toBe(5_000);
    await expect(flood(200)).rejects.toBeInstanceOf(BacklogFull);
    for (let index = 0; index < 20; index += 1) {
      await accept(makeDelivery({ id: nextId(), pushes: [pushOf(`acme/app-${index}:v1`)] }));
    }
    await accept(makeDelivery({ secret: 'careless', pushes: [], ignored: [{ reason: 'no-tag' }] }));
    // A postponed check still counts for the same secret.
    const work = await claimCheck(store.db, 'one', START);
    if (work === null) throw new Error('no check');
    expect(work.secret).toBe('careless');
    const end = { results: [], againAt: START + 5_000, attempts: 1, error: 'away' };
    await store.db.transaction().execute((query) => endCheck(query, work, end, START));
    await expect(flood(201)).rejects.toBeInstanceOf(BacklogFull);
  });

  it('takes of one commit only what there is room for', async () => {
    await fill(9_997);
    const accept = writer({ clusters: ['one'] });
    const results = await Promise.allSettled(
      Array.from({ length: 6 }, (_, index) =>
        accept(makeDelivery({ id: nextId(), pushes: [pushOf(`acme/new-${index}:v1`)] })),
      ),
    );
    expect(results.map(({ status }) => status)).toEqual([
      // The last place is reserved for another secret.
      'fulfilled',
      'fulfilled',
      'rejected',
      'rejected',
      'rejected',
      'rejected',
    ]);
    expect((await checks()).length).toBe(9_999);
    await accept(makeDelivery({ secret: 'other', pushes: [pushOf('acme/other:v1')] }));
    expect((await checks()).length).toBe(10_000);
    await store.db.deleteFrom('look_work').where('name', 'like', '%image-1%').execute();
    await expect(accept(makeDelivery())).resolves.toMatchObject({ duplicateOf: null });
  });
});
