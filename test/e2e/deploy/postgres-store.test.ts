import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type Postgres,
  startPostgres,
  type TestDatabase,
} from '../../../sandbox/postgres/postgres.ts';
import { NoRealEngine } from '../../../sandbox/machine/packages.ts';
import { addEvent, readEvents } from '../../../src/store/notices/events.ts';
import type { Store } from '../../../src/store/sqlite/open-store.ts';
import { openPostgresStore, type PostgresStore } from '../../../src/store/postgres/open-store.ts';
import { queueDeployment } from '../../../src/store/deployments/queue-deployment.ts';
import { listDeployments } from '../../../src/store/deployments/read-deployments.ts';
import { runScenario } from '../../chaos/simulation/run-scenario.ts';
import { parseSeeds } from '../../chaos/simulation/seeds.ts';
import { digestOfChar, makeService } from '../../support/work/make-service.ts';
import { postgresSetting } from '../../support/store/postgres-setting.ts';

/** Where a person asks for others: `SIMULATION_SEEDS=1..100`. */
const SEEDS = parseSeeds(process.env['SIMULATION_SEEDS'] ?? '1..8');

let postgres: Postgres;
let database: TestDatabase;
let schemas = 0;
const opened = new Set<Store>();
const open = async (schema: string, url = database.url): Promise<PostgresStore> => {
  const store = await openPostgresStore(postgresSetting(url, schema));
  opened.add(store);
  return store;
};
const newSchema = (): string => {
  schemas += 1;
  return `store_${schemas}`;
};

beforeAll(async () => {
  try {
    postgres = await startPostgres({ bouncer: true });
  } catch (error) {
    if (!(error instanceof NoRealEngine) || process.env['CI'] !== undefined) throw error;
  }
  database = await postgres.createDatabase();
});
afterAll(async () => {
  await Promise.allSettled([...opened].map((store) => store.close()));
  await postgres?.stop();
});

const queue = (store: Store, id: string, digest: string): Promise<{ readonly id: string }> =>
  store.db.transaction().execute((query) =>
    queueDeployment(
      query,
      {
        id,
        cluster: 'production',
        service: makeService({ id: 'id-of-web', name: 'web' }),
        image: { registry: 'docker.io', repository: 'acme/web', tag: 'v1' },
        from: digestOfChar('a'),
        to: digestOfChar(digest),
        cause: 'digest-differs',
        triggers: [],
      },
      Date.now(),
    ),
  );

describe('a store in PostgreSQL', () => {
  test('is made once although several instances open it at the same time', async () => {
    const schema = newSchema();
    const stores = await Promise.all([open(schema), open(schema), open(schema)]);
    expect(stores.filter(({ isNew }) => isNew)).toHaveLength(1);
  });

  test('keeps what was written for the next start', async () => {
    const schema = newSchema();
    const first = await open(schema);
    await queue(first, 'one', 'b');
    await first.close();
    const second = await open(schema);
    const { items } = await listDeployments(second.db, {}, { limit: 10, after: null });
    expect(items.map(({ id, state }) => [id, state])).toEqual([['one', 'queued']]);
  });

  test('lets writers take turns: twenty of two instances queue one deployment of a service', async () => {
    const schema = newSchema();
    const stores = await Promise.all([open(schema), open(schema)]);
    await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        queue(stores[index % 2] as Store, `id-${index}`, index % 2 === 0 ? 'b' : 'c'),
      ),
    );
    const { items } = await listDeployments(stores[0].db, {}, { limit: 50, after: null });
    const states = Map.groupBy(items, ({ state }) => state);
    expect(states.get('queued')).toHaveLength(1);
  });

  test('shows events of all instances in one order', async () => {
    const schema = newSchema();
    const [one, other] = await Promise.all([open(schema), open(schema)]);
    for (let left = 5; left > 0; left -= 1) {
      await Promise.all([addEvent(one.db, 'cluster', {}), addEvent(other.db, 'cluster', {})]);
    }
    const events = await readEvents(one.db, 0, 100);
    expect(events).toHaveLength(10);
    expect(await readEvents(other.db, 0, 100)).toEqual(events);
  });

  test('tells of a write, and only once it can be read', async () => {
    const store = await open(newSchema());
    const seen: Promise<number>[] = [];
    store.onChange(() => seen.push(readEvents(store.db, 0, 10).then(({ length }) => length)));
    await addEvent(store.db, 'cluster', {});
    expect(await Promise.all(seen)).toEqual([1]);
  });

  test('undoes all of a batch that fails, and the next is accepted', async () => {
    const store = await open(newSchema());
    const broken = store.durability.accept(async (query) => {
      await query.insertInto('settings').values({ key: 'one', value: '1' }).execute();
      throw new Error('no');
    });
    await expect(broken).rejects.toThrow('no');
    const { result, onDisk } = await store.durability.accept((query) =>
      query.selectFrom('settings').selectAll().execute(),
    );
    await onDisk;
    expect(result).toEqual([]);
  });

  test('takes a text with a character that PostgreSQL refuses', async () => {
    const store = await open(newSchema());
    await store.db.insertInto('settings').values({ key: 'a\0b', value: 'v' }).execute();
    expect(await store.db.selectFrom('settings').select('key').execute()).toEqual([
      { key: 'a\uFFFDb' },
    ]);
  });

  test('works behind PgBouncer in transaction mode', async () => {
    const schema = newSchema();
    await open(schema);
    const pooled = await open(schema, database.bouncerUrl ?? '');
    await Promise.all(Array.from({ length: 12 }, (_, index) => queue(pooled, `id-${index}`, 'b')));
    const { items } = await listDeployments(pooled.db, {}, { limit: 50, after: null });
    expect(items.filter(({ state }) => state === 'queued')).toHaveLength(1);
  });

  test('that a newer version wrote is refused', async () => {
    const schema = newSchema();
    await open(schema);
    await postgres.primary.sql(
      `update ${schema}.schema_version set version = 99, readable_from = 99`,
      database.name,
    );
    await expect(open(schema)).rejects.toMatchObject({ name: 'StoreError' });
  });
});

describe('the work of the helper on PostgreSQL breaks no law', () => {
  for (const seed of SEEDS) {
    test(`scenario ${seed}`, async () => {
      const store = await open(newSchema());
      const { broken, story } = await runScenario(seed, { openStore: async () => store });
      expect(broken, story.join('\n')).toEqual([]);
    }, 120_000);
  }
});
