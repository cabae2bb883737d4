import { Kysely, PostgresAdapter, PostgresIntrospector } from 'kysely';
import type { Client } from 'pg';
import { type PostgresSetting, showAddress } from '../../core/store-setting.ts';
import { StoreError } from '../query/store-error.ts';
import type { Tables } from '../tables/tables.ts';
import type { ReadStore } from '../sqlite/read-file.ts';
import { readVersion } from './migrate.ts';
import { MIGRATIONS, TABLE_NAMES } from './migrations.ts';
import { StoreQueryCompiler } from './query-compiler.ts';
import { SerialDriver } from './serial-driver.ts';
import { connectToWriter, createWriterPool } from './writer-pool.ts';

const CONNECTIONS = 2;

/**
 * Opens a store in PostgreSQL read-only.
 *
 * @throws {StoreError} `no-store`, `newer`, `refused`
 * @throws {StoreFailure} if the server is unreachable
 */
export const readPostgresStore = async (setting: PostgresSetting): Promise<ReadStore> => {
  await requireOwnVersion(setting);
  const { address, schema } = setting;
  const driver = new SerialDriver(createWriterPool(address, CONNECTIONS), {
    schema,
    // Nothing is written, so there is nothing to announce.
    notify: null,
    onWrite: () => {},
    onFailure: () => {},
  });
  const db = new Kysely<Tables>({
    dialect: {
      createAdapter: () => new PostgresAdapter(),
      createDriver: () => driver,
      createIntrospector: (query) => new PostgresIntrospector(query),
      createQueryCompiler: () => new StoreQueryCompiler(schema, TABLE_NAMES),
    },
  });
  return { db, close: () => db.destroy() };
};

const requireOwnVersion = async ({ address, schema }: PostgresSetting): Promise<void> => {
  const client = await connectToWriter(address);
  const version = await versionOf(client, schema);
  const place = `the schema ${schema} of ${showAddress(address)}`;
  if (version === 0) throw new StoreError('no-store', `${place} is not a store of the helper`);
  if (version > MIGRATIONS.length) {
    throw new StoreError(
      'newer',
      `${place} was written by a newer version of the helper; use that`,
    );
  }
  if (version < MIGRATIONS.length) {
    const text = `${place} was written by an earlier version; start the helper of this version on it once, stop it, and copy then`;
    throw new StoreError('refused', text);
  }
};

const versionOf = async (client: Client, schema: string): Promise<number> => {
  try {
    return (await readVersion(client, schema)).version;
  } finally {
    await client.end();
  }
};
