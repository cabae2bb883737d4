import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { NoRealEngine } from '../../../sandbox/machine/packages.ts';
import { waitUntil } from '../../../sandbox/machine/wait-until.ts';
import {
  type Postgres,
  startPostgres,
  type TestDatabase,
} from '../../../sandbox/postgres/postgres.ts';
import { silentLog } from '../../../src/core/log.ts';
import { readLeases } from '../../../src/store/leases/leases.ts';
import { listInstances } from '../../../src/store/leases/instances.ts';
import { addEvent, readEvents } from '../../../src/store/notices/events.ts';
import { postgresSetting } from '../../support/store/postgres-setting.ts';
import { openPostgresStore, type PostgresStore } from '../../../src/store/postgres/open-store.ts';
import type { Lease } from '../../../src/work/leases/lease.ts';
import { createLeases, LEASE_MS, type Leases } from '../../../src/work/leases/leases.ts';
import { createTestClock, type TestClock } from '../../support/work/test-clock.ts';

let postgres: Postgres;
let database: TestDatabase;
beforeAll(async () => {
  try {
    postgres = await startPostgres();
  } catch (error) {
    if (!(error instanceof NoRealEngine) || process.env['CI'] !== undefined) throw error;
  }
  database = await postgres.createDatabase();
});
const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});
afterAll(() => postgres?.stop());

const NAME = 'cluster:production';

/** An instance that wants one lease. Its own time passes only where a test lets it. */
type Instance = {
  readonly leases: Leases;
  readonly clock: TestClock;
  /** Under which it works now. */
  readonly lease: () => Lease | null;
  readonly worksUnder: () => Promise<Lease>;
  /** As SIGTERM does. */
  readonly stop: () => Promise<void>;
};

type Stage = {
  readonly store: PostgresStore;
  /** Another store of the same tables. */
  readonly openAnother: () => Promise<PostgresStore>;
  readonly start: (id: string) => Instance;
  /** Lets time pass at the database, and for these instances; the others stand still. */
  readonly pass: (ms: number, ...instances: readonly Instance[]) => Promise<void>;
};

const STEP_MS = 100;
let schemas = 0;

const openStage = async (): Promise<Stage> => {
  schemas += 1;
  const setting = postgresSetting(database.url, `leases_${schemas}`);
  const openAnother = async (): Promise<PostgresStore> => {
    const opened = await openPostgresStore(setting);
    ends.push(() => opened.close());
    return opened;
  };
  const store = await openAnother();
  let now = Date.parse('2026-01-01T00:00:00Z');
  const time = () => sql<number>`cast(${now} as bigint)`;
  const idle = (): boolean => {
    const { inUse, waiting } = store.server.connections();
    return inUse + waiting === 0;
  };
  return {
    store,
    openAnother,
    start: (id) => {
      const clock = createTestClock(() => {}, 0);
      const leases = createLeases({
        db: store.db,
        fence: store.fence,
        ...(store.others === null ? {} : { others: store.others }),
        instance: { id, host: id, version: '1' },
        clock,
        log: silentLog,
        time,
      });
      let working: Lease | null = null;
      const ended = new AbortController();
      const holding = leases.hold(
        NAME,
        async (lease, signal) => {
          working = lease;
          await new Promise<void>((resolve) => {
            signal.addEventListener('abort', () => resolve(), { once: true });
          });
          working = null;
        },
        ended.signal,
      );
      const stopped = new AbortController();
      const keeping = leases.run(stopped.signal);
      const stop = async (): Promise<void> => {
        ended.abort();
        await holding;
        stopped.abort();
        await keeping;
        clock.stop();
      };
      ends.push(stop);
      return {
        leases,
        clock,
        lease: () => working,
        worksUnder: () => waitUntil(async () => working, { what: `${id} works`, withinMs: 10_000 }),
        stop,
      };
    },
    pass: async (ms, ...instances) => {
      for (let left = ms; left > 0; left -= STEP_MS) {
        now += STEP_MS;
        for (const { clock } of instances) clock.skip(STEP_MS);
        await new Promise<void>((resolve) => void setImmediate(resolve));
        await waitUntil(async () => idle() || null, {
          what: 'no query is under way',
          withinMs: 10_000,
          everyMs: 1,
        });
      }
    },
  };
};

const write = (lease: Lease): Promise<void> => addEvent(lease.db, 'cluster', { by: lease.name });

test('one of two instances works, and keeps working', async () => {
  const { start, pass, store } = await openStage();
  const one = start('one');
  await one.worksUnder();
  const other = start('other');
  await pass(4 * LEASE_MS, one, other);
  expect([one.lease()?.name, other.lease()]).toEqual([NAME, null]);
  const { instances } = await listInstances(store.db);
  expect(instances.map(({ id }) => id).toSorted()).toEqual(['one', 'other']);
});

test('an instance that is told to stop leaves its lease at once', async () => {
  const { start, pass, store } = await openStage();
  const one = start('one');
  await one.worksUnder();
  const other = start('other');
  await pass(STEP_MS, one, other);
  await one.stop();
  await pass(2_000, other);
  const lease = await other.worksUnder();
  expect(lease.othersMayActMs()).toBe(0);
  expect(other.leases.takeOvers().size).toBe(0);
  const { instances } = await listInstances(store.db);
  expect(instances.map(({ id }) => id)).toEqual(['other']);
});

test('a lease that is not renewed is taken over within its life', async () => {
  const { start, pass, store } = await openStage();
  const one = start('one');
  await one.worksUnder();
  const other = start('other');
  await pass(STEP_MS, one, other);
  await pass(LEASE_MS - 1_000, other);
  expect(other.lease()).toBeNull();
  await pass(1_500, other);
  const lease = await other.worksUnder();
  expect(other.leases.takeOvers().get(NAME)).toBe(1);
  expect(lease.othersMayActMs()).toBeGreaterThan(25_000);
  const { leases } = await readLeases(store.db, () => sql<number>`0::bigint`);
  expect(leases).toMatchObject([{ name: NAME, holder: 'other', epoch: 2 }]);
});

test('a holder that stood still writes and sends nothing more, and works again under a new lease', async () => {
  const { start, pass, store } = await openStage();
  const one = start('one');
  const before = await one.worksUnder();
  await write(before);
  const other = start('other');
  await pass(40_000, other);
  await other.worksUnder();
  // It wakes up, and believes that no time has passed.
  expect(one.lease()).toBe(before);
  await expect(write(before)).rejects.toMatchObject({ name: 'LeaseLost' });
  expect(await readEvents(store.db, 0, 10)).toHaveLength(1);
  expect(await before.mayAct()).toBe(false);
  expect(one.lease()).toBeNull();
  await other.stop();
  await pass(2_000, one);
  await write(await one.worksUnder());
  expect(await readEvents(store.db, 0, 10)).toHaveLength(2);
});

test('a holder with little time left renews before it sends, and sends nothing where it cannot', async () => {
  const { start, pass } = await openStage();
  const one = start('one');
  const lease = await one.worksUnder();
  one.clock.skip(6_000);
  expect(await lease.mayAct()).toBe(true);
  // By its own clock the lease is over, whatever the store says.
  one.clock.skip(LEASE_MS);
  expect(await lease.mayAct()).toBe(false);
  await pass(STEP_MS, one);
});

test('of a transaction that began under a lost lease nothing is written', async () => {
  const { start, pass, store } = await openStage();
  const one = start('one');
  const lease = await one.worksUnder();
  const other = start('other');
  await pass(LEASE_MS + 1_000, other);
  await other.worksUnder();
  const writing = lease.db.transaction().execute((query) => addEvent(query, 'cluster', {}));
  await expect(writing).rejects.toMatchObject({ name: 'LeaseLost' });
  expect(await readEvents(store.db, 0, 10)).toEqual([]);
});

test('others are told when a lease is taken and released, but not when it is renewed', async () => {
  const { start, pass, store, openAnother } = await openStage();
  const ear = await openAnother();
  let heard = 0;
  let ownHeard = 0;
  const listening = await ear.others?.listen((isOwn) => {
    if (isOwn) ownHeard += 1;
    else heard += 1;
  });
  ends.push(async () => listening?.close());
  /** How many messages were sent so far: one of our own arrives after all of them. */
  const sent = async (): Promise<number> => {
    const before = ownHeard;
    await ear.others?.call();
    const wait = { what: 'our own message', withinMs: 10_000, everyMs: 1 };
    await waitUntil(async () => ownHeard > before || null, wait);
    return heard;
  };
  const one = start('one');
  await one.worksUnder();
  await pass(STEP_MS, one);
  const taken = await sent();
  expect(taken).toBeGreaterThan(0);
  const other = start('other');
  await pass(STEP_MS, one, other);
  const [{ until } = { until: null }] = (await readLeases(store.db)).leases;
  await pass(4 * LEASE_MS, one, other);
  const [{ until: renewed } = { until: null }] = (await readLeases(store.db)).leases;
  expect(renewed).toBeGreaterThan(until ?? Number.POSITIVE_INFINITY);
  expect(await sent()).toBe(taken);
  await one.stop();
  expect(await sent()).toBeGreaterThan(taken);
});
