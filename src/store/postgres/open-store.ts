import { randomUUID } from 'node:crypto';
import { type Driver, Kysely, PostgresAdapter, PostgresIntrospector } from 'kysely';
import type { PostgresSetting } from '../../core/store-setting.ts';
import { createChanges } from '../query/changes.ts';
import type { Durability } from '../sqlite/durability.ts';
import { FencedDriver } from '../query/fenced-driver.ts';
import type { Db, Store } from '../sqlite/open-store.ts';
import type { Tables } from '../tables/tables.ts';
import { createFailureBook, type StoreServer } from '../query/store-server.ts';
import { migrate } from './migrate.ts';
import { TABLE_NAMES } from './migrations.ts';
import { StoreQueryCompiler } from './query-compiler.ts';
import { lineOfPool, lineTo, listenOn, notify } from './listen.ts';
import { SerialDriver } from './serial-driver.ts';
import { createWriterPool } from './writer-pool.ts';

/** A store in PostgreSQL. */
export type PostgresStore = Store & { readonly server: StoreServer };

/**
 * Opens the store in a schema of a PostgreSQL database, creates it if it is missing, and upgrades its tables. Several
 * instances may do so at the same time. A commit is on the server's disk when it returns.
 *
 * @param around replaces the driver; the simulation delays and refuses queries with it
 * @throws {StoreError} if the store, the server or its rights need a person
 * @throws {StoreFailure} if the server is unreachable
 */
export const openPostgresStore = async (
  setting: PostgresSetting,
  around: (driver: Driver) => Driver = (driver) => driver,
): Promise<PostgresStore> => {
  const { address, listen, schema, poolSize } = setting;
  const isNew = await migrate(setting);
  const pool = createWriterPool(address, poolSize);
  const { ring, onChange } = createChanges();
  // Distinguishes its own messages from those of others.
  const own = randomUUID();
  const channel = `cd-helper ${schema}`;
  const { note, ...book } = createFailureBook();
  const common = { schema, onFailure: note };
  const driver = around(
    new SerialDriver(pool, { ...common, notify: { channel, own }, onWrite: ring }),
  );
  const db = queriesOf(driver, schema);
  const quiet = around(new SerialDriver(pool, { ...common, notify: null, onWrite: () => {} }));
  const durability: Durability = {
    // With PostgreSQL, data is on disk when a commit returns.
    accept: async (batch) => ({
      result: await db.transaction().execute(batch),
      onDisk: Promise.resolve(),
    }),
  };
  const tryToWrite = async (): Promise<void> => {
    const probe = { key: 'probe', value: '' };
    await db
      .insertInto('settings')
      .values(probe)
      .onConflict((conflict) => conflict.column('key').doUpdateSet(probe))
      .execute();
  };
  return {
    db,
    durability,
    isNew,
    checkFiles: () => {},
    tryToWrite,
    onChange,
    fence: (fence) => queriesOf(new FencedDriver(driver, fence), schema),
    others: {
      listen: async (heard) => {
        const line = await (listen === null ? lineOfPool(pool) : lineTo(listen));
        return listenOn(line, { channel, own }, heard);
      },
      call: () => notify(pool, { channel, own }),
      quiet: queriesOf(quiet, schema),
      ring,
    },
    copyTo: null,
    server: { ...book, connections: pool.connections },
    close: () => db.destroy(),
  };
};

const queriesOf = (driver: Driver, schema: string): Db =>
  new Kysely<Tables>({
    dialect: {
      createAdapter: () => new PostgresAdapter(),
      createDriver: () => driver,
      createIntrospector: (query) => new PostgresIntrospector(query),
      createQueryCompiler: () => new StoreQueryCompiler(schema, TABLE_NAMES),
    },
  });
