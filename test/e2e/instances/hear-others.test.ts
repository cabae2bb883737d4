import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { NoRealEngine } from '../../../sandbox/machine/packages.ts';
import { waitUntil } from '../../../sandbox/machine/wait-until.ts';
import {
  type Postgres,
  startPostgres,
  type TestDatabase,
} from '../../../sandbox/postgres/postgres.ts';
import { type Log, silentLog } from '../../../src/core/log.ts';
import { storeId } from '../../../src/store/access/store-id.ts';
import { addEvent } from '../../../src/store/notices/events.ts';
import { openPostgresStore, type PostgresStore } from '../../../src/store/postgres/open-store.ts';
import { postgresSetting } from '../../support/store/postgres-setting.ts';
import { createEventFeed, type FeedEvent } from '../../../src/work/loop/event-feed.ts';
import { hearOthers } from '../../../src/work/loop/hear-others.ts';
import { systemClock } from '../../../src/work/loop/system-clock.ts';

let postgres: Postgres;
let database: TestDatabase;
beforeAll(async () => {
  try {
    postgres = await startPostgres({ bouncer: true });
  } catch (error) {
    if (!(error instanceof NoRealEngine) || process.env['CI'] !== undefined) throw error;
  }
  database = await postgres.createDatabase();
});
const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});
afterAll(() => postgres?.stop());

const open = async (schema: string, setting = {}): Promise<PostgresStore> => {
  const store = await openPostgresStore({ ...postgresSetting(database.url, schema), ...setting });
  ends.push(() => store.close());
  return store;
};

/** Counts what an instance hears of others, and keeps what it warns of. */
const hear = (store: PostgresStore) => {
  const heard = { count: 0, changes: 0, warnings: [] as string[], errors: [] as string[] };
  const log: Log = {
    ...silentLog,
    warn: (message) => heard.warnings.push(message),
    error: (_message, details) => heard.errors.push(String(details?.['error'])),
  };
  store.onChange(() => {
    heard.changes += 1;
  });
  const stopped = new AbortController();
  const count = (): void => {
    heard.count += 1;
  };
  const deps = { db: store.db, others: store.others as NonNullable<typeof store.others> };
  const hearing = hearOthers({ ...deps, heard: count, clock: systemClock, log }, stopped.signal);
  ends.push(() => {
    stopped.abort();
    return hearing;
  });
  return heard;
};

const soon = (what: string, check: () => boolean): Promise<unknown> =>
  waitUntil(async () => check() || null, { what, withinMs: 20_000, everyMs: 5 });

test('what one instance writes wakes the others, and not itself', async () => {
  const [one, other] = [await open('heard'), await open('heard')];
  const heard = hear(one);
  await waitUntil(
    async () => {
      // Something without an event, which nobody finds by looking for events.
      await other.tryToWrite();
      return heard.count > 0 || null;
    },
    { what: 'the first message', withinMs: 20_000, everyMs: 50 },
  );
  expect(heard.warnings).toEqual([]);
  expect(heard.changes).toBeGreaterThan(0);
});

test('who follows events of one instance goes on at another, and misses none', async () => {
  const [one, other] = [await open('followed'), await open('followed')];
  const feedOf = async (store: PostgresStore) =>
    createEventFeed({
      db: store.db,
      onChange: store.onChange,
      clock: systemClock,
      process: await storeId(store.db),
      log: silentLog,
    });
  const take = (into: FeedEvent[]) => ({
    take: async (events: readonly FeedEvent[]) => void into.push(...events),
  });
  const before: FeedEvent[] = [];
  const leave = await (await feedOf(one))(null, take(before));
  await addEvent(one.db, 'cluster', { name: 'a' });
  await soon('the first event', () => before.length === 2);
  leave();
  // A transaction that failed leaves a gap in the ids, which is no loss.
  const failing = other.db.transaction().execute(async (query) => {
    await addEvent(query, 'cluster', { name: 'never' });
    throw new Error('no');
  });
  await expect(failing).rejects.toThrow('no');
  await addEvent(other.db, 'cluster', { name: 'b' });
  await addEvent(one.db, 'cluster', { name: 'c' });
  const after: FeedEvent[] = [];
  const leaveOther = await (await feedOf(other))(before.at(-1)?.id ?? null, take(after));
  await soon('the events after it', () => after.length >= 2);
  leaveOther();
  expect(after.map(({ type, data }) => [type, data])).toEqual([
    ['cluster', { name: 'b' }],
    ['cluster', { name: 'c' }],
  ]);
});

const addressOf = (url: string) => postgresSetting(url, 'unused').address;

test('behind PgBouncer in transaction mode, what others write is found by looking for it', async () => {
  const address = addressOf(database.bouncerUrl ?? '');
  const [one, other] = [await open('pooled', { address }), await open('pooled', { address })];
  const heard = hear(one);
  await soon('nothing is heard of its own message', () => heard.warnings.length > 0);
  expect(heard.warnings).toEqual([
    'the database does not announce writes of other instances: the helper looks for them every second',
  ]);
  const before = heard.count;
  await addEvent(other.db, 'cluster', { name: 'a' });
  await soon('the event is found', () => heard.count > before);
});

test('behind PgBouncer, what others write is heard at the address for listening', async () => {
  const setting = {
    address: addressOf(database.bouncerUrl ?? ''),
    listen: addressOf(database.url),
  };
  const [one, other] = [await open('direct', setting), await open('direct', setting)];
  const heard = hear(one);
  await waitUntil(
    async () => {
      // Something without an event, which nobody finds by looking for events.
      await other.tryToWrite();
      return heard.count > 0 || null;
    },
    { what: 'the first message', withinMs: 20_000, everyMs: 50 },
  );
  expect(heard.warnings).toEqual([]);
  // The connection that listens is none of the pool's, all of which are free for queries.
  await soon('no query is under way', () => one.server.connections().inUse === 0);
});

test('an address for listening that nobody answers at is named, and others are found all the same', async () => {
  const listen = { ...addressOf(database.url), hosts: [{ host: '127.0.0.1', port: 1 }] };
  const [one, other] = [await open('deaf', { listen }), await open('deaf', { listen })];
  const heard = hear(one);
  await soon('the failure is logged', () => heard.errors.length > 0);
  expect(heard.errors[0]).toContain('store.listenUrl: PostgreSQL 127.0.0.1:1');
  const before = heard.count;
  await addEvent(other.db, 'cluster', { name: 'a' });
  await soon('the event is found', () => heard.count > before);
});
