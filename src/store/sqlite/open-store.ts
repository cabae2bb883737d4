import Database from 'better-sqlite3';
import { Kysely, SqliteDialect } from 'kysely';
import { type Changes, createChanges } from '../query/changes.ts';
import { createDurability, type Durability } from './durability.ts';
import { MIGRATIONS, READABLE_FROM } from './migrations.ts';
import type { Fence } from '../query/fenced-driver.ts';
import type { Others } from '../query/others.ts';
import { makePlace } from './make-place.ts';
import type { Tables } from '../tables/tables.ts';
import { EVENT_TRIGGERS } from './event-triggers.ts';
import { withStatementCache } from './statement-cache.ts';
import type { StoreServer } from '../query/store-server.ts';
import { explain, StoreError } from '../query/store-error.ts';
import { type CheckFiles, rememberFiles } from './store-files.ts';
import type { Db } from '../query/db.ts';

export type { Db, Query } from '../query/db.ts';

export type Store = {
  readonly db: Db;
  readonly durability: Durability;
  /** Whether this call created the store. Then nothing is known about earlier deployments. */
  readonly isNew: boolean;
  /** Throws `StoreLost` if its files were deleted or replaced since it was opened. Never for a store in memory. */
  readonly checkFiles: CheckFiles;
  /** Writes something small to disk. Rejects if that fails. */
  readonly tryToWrite: () => Promise<void>;
  /** See {@link Changes}. */
  readonly onChange: Changes['onChange'];
  /**
   * The same store for a writer that may write only while a fence is open. It closes with the store. Null if no other
   * process can have the store, so no fence is needed.
   */
  readonly fence: ((fence: Fence) => Db) | null;
  /** Other instances with the same store; null if there cannot be any. */
  readonly others: Others | null;
  /** Writes everything into a new SQLite file while others continue; null if the database itself cannot do so. */
  readonly copyTo: ((file: string) => Promise<unknown>) | null;
  /** The failures and connections of the database server; null if there is none. */
  readonly server: StoreServer | null;
  readonly close: () => Promise<void>;
};

/**
 * Opens the SQLite file at `path`. Creates it and its folder if they are missing, upgrades its tables, and keeps every
 * other process out of it until {@link Store.close} or the end of this process, however it ends.
 *
 * A commit is on the disk when it returns (WAL, `synchronous=FULL`).
 *
 * @throws {StoreError}
 */
export const openStore = (path: string): Store => {
  const database = openFile(path);
  try {
    // The operating system holds the lock from the first write on, so no stale lock survives a crash.
    database.pragma('locking_mode = EXCLUSIVE');
    database.pragma('busy_timeout = 0');
    database.pragma('journal_mode = WAL');
    database.pragma('synchronous = FULL');
    database.pragma('foreign_keys = ON');
    // A commit sometimes copies the log into the database file: rarely, so that few webhooks wait for it.
    database.pragma(`wal_autocheckpoint = ${PAGES_BETWEEN_COPIES}`);
    database.pragma('journal_size_limit = 67108864');
    const isNew = migrate(database, path);
    database.exec(EVENT_TRIGGERS);
    const checkFiles: CheckFiles = database.memory ? () => {} : rememberFiles(path);
    const { ring, onChange } = createChanges();
    const db = new Kysely<Tables>({
      dialect: new SqliteDialect({
        database: withStatementCache(database, { onBegin: checkFiles, onWrite: ring }),
      }),
    });
    const log = database.memory ? null : `${path}-wal`;
    const durability = createDurability(db, { log, checkFiles });
    const tryToWrite = async (): Promise<void> => {
      checkFiles();
      const probe = { key: 'probe', value: '' };
      await db
        .insertInto('settings')
        .values(probe)
        .onConflict((conflict) => conflict.column('key').doUpdateSet(probe))
        .execute();
    };
    const close = async (): Promise<void> => {
      // Close this first, because SQLite deletes the log that it waits for.
      await durability.close();
      await db.destroy();
      // Kysely does not close a database that it never queried, which would leave the lock.
      if (database.open) database.close();
    };
    const copyTo = (file: string): Promise<unknown> => database.backup(file);
    return {
      db,
      durability,
      isNew,
      checkFiles,
      tryToWrite,
      onChange,
      fence: null,
      others: null,
      server: null,
      copyTo,
      close,
    };
  } catch (error) {
    database.close();
    throw explain(error, path);
  }
};

/**
 * Of 4 KiB each: 4 MiB, which one commit copies in a few ms. A larger number would not save work, and would make that
 * commit slower.
 */
const PAGES_BETWEEN_COPIES = 1_024;

/** SQLite's name for a database without a file. */
const IN_MEMORY = ':memory:';

const openFile = (path: string): Database.Database => {
  try {
    if (path !== IN_MEMORY) makePlace(path);
    return new Database(path);
  } catch (error) {
    throw explain(error, path);
  }
};

/**
 * How many migrations a version must know to read the store, as recorded by the version that wrote it: in the file's
 * header, where SQLite reserves a number for the application.
 */
const readableFrom = (database: Database.Database, version: number): number =>
  Number(database.pragma('application_id', { simple: true })) || version;

/** Runs the missing migrations, each in a transaction of its own, and returns whether the store was empty. */
const migrate = (database: Database.Database, path: string): boolean => {
  const version = Number(database.pragma('user_version', { simple: true }));
  // A version can read a store whose later migrations only add, so a helper that was rolled back still works.
  if (version > MIGRATIONS.length && readableFrom(database, version) > MIGRATIONS.length) {
    const text = `the store ${path} was written by a newer version, and this one cannot read it; start that version, or another store`;
    throw new StoreError('newer', text);
  }
  database.exec('BEGIN IMMEDIATE');
  try {
    for (const [index, sql] of MIGRATIONS.entries()) {
      if (index >= version) database.exec(sql);
    }
    if (version < MIGRATIONS.length) {
      database.pragma(`user_version = ${MIGRATIONS.length}`);
      database.pragma(`application_id = ${READABLE_FROM}`);
    }
    database.exec('COMMIT');
  } catch (error) {
    database.exec('ROLLBACK');
    throw error;
  }
  return version === 0;
};
