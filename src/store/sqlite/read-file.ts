import { existsSync, rmSync } from 'node:fs';
import Database from 'better-sqlite3';
import { Kysely, SqliteDialect } from 'kysely';
import { MIGRATIONS } from './migrations.ts';
import { type Db, openStore } from './open-store.ts';
import type { Tables } from '../tables/tables.ts';
import { withStatementCache } from './statement-cache.ts';
import { explain, StoreError } from '../query/store-error.ts';

/** A read-only store. */
export type ReadStore = { readonly db: Db; readonly close: () => Promise<void> };

/**
 * Opens the SQLite file of a store, or a backup, read-only. No helper can open it while a transaction reads it. The
 * file of an earlier version is copied to `temporary`, and the copy is upgraded and read.
 *
 * @throws {StoreError} `missing`, `no-store`, `in-use`, `newer`, `damaged`
 */
export const readStoreFile = async (file: string, temporary: string): Promise<ReadStore> => {
  if (!existsSync(file)) {
    throw new StoreError('missing', `${file} does not exist; name the file of a store or a backup`);
  }
  const database = openReadOnly(file);
  try {
    const version = versionOf(database, file);
    requireSound(database, file);
    if (version === MIGRATIONS.length) return readAsItIs(database);
    await database.backup(temporary);
  } catch (error) {
    database.close();
    rmSync(temporary, { force: true });
    throw explain(error, file);
  }
  database.close();
  const copy = openStore(temporary);
  return {
    db: copy.db,
    close: async () => {
      await copy.close();
      rmSync(temporary, { force: true });
    },
  };
};

const openReadOnly = (file: string): Database.Database => {
  try {
    return new Database(file, { readonly: true, fileMustExist: true, timeout: 0 });
  } catch (error) {
    throw explain(error, file);
  }
};

const versionOf = (database: Database.Database, file: string): number => {
  const version = Number(database.pragma('user_version', { simple: true }));
  if (version > MIGRATIONS.length) {
    throw new StoreError(
      'newer',
      `${file} was written by a newer version of the helper; use that version, or a newer one, to read it`,
    );
  }
  const hasTables = database
    .prepare(`select 1 from sqlite_master where type = 'table' and name = 'deliveries'`)
    .get();
  if (version === 0 || hasTables === undefined) {
    throw new StoreError('no-store', `${file} is not a store of the helper, nor a backup of one`);
  }
  return version;
};

const requireSound = (database: Database.Database, file: string): void => {
  const found = database.pragma('quick_check(1)', { simple: true });
  if (found === 'ok') return;
  throw new StoreError('damaged', `${file} is damaged (${String(found)}); take another backup`);
};

const readAsItIs = (database: Database.Database): ReadStore => {
  const db = new Kysely<Tables>({
    dialect: new SqliteDialect({ database: withStatementCache(database) }),
  });
  return {
    db,
    close: async () => {
      await db.destroy();
      // Kysely does not close a database that it never queried.
      if (database.open) database.close();
    },
  };
};
