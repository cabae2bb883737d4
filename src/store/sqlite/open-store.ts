import Database from 'better-sqlite3';
import { Kysely, SqliteDialect } from 'kysely';
import { type Changes, createChanges } from '../query/changes.ts';
import { createDurability, type Durability } from './durability.ts';
import { MIGRATIONS, READABLE_FROM } from './migrations.ts';
import type { Fence } from '../query/fenced-driver.ts';
import type { Others } from '../query/others.ts';
import { makePlace } from './make-place.ts';
import type { Tables } from '../query/schema.ts';
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
  /** Whether the file was made by this opening: then nothing is known of what was deployed before. */
  readonly isNew: boolean;
  /** Throws `StoreLost` where its files were deleted or replaced since it was opened; never for one in memory. */
  readonly checkFiles: CheckFiles;
  /** Puts something small on disk; rejects where that cannot be done. */
  readonly tryToWrite: () => Promise<void>;
  /** See {@link Changes}. */
  readonly onChange: Changes['onChange'];
  /**
   * The same store for somebody who may write only while a fence is open; it closes with the store. Null where no other
   * process can have the store, so that nobody needs one.
   */
  readonly fence: ((fence: Fence) => Db) | null;
  /** Other instances with the same store; null where there cannot be any. */
  readonly others: Others | null;
  /** Writes everything into a new SQLite file, while others go on; null where the database cannot do so itself. */
  readonly copyTo: ((file: string) => Promise<unknown>) | null;
  /** What went wrong with the database server; null where there is none. */
  readonly server: StoreServer | null;
  readonly close: () => Promise<void>;
};

/**
 * Opens the SQLite file at `path`, making it and its folder where they are missing, brings its tables
 * up to date, and keeps every other process out of it until {@link Store.close} or the end of this
 * process, however it ends.
 *
 * A commit is on the disk when it returns (WAL, `synchronous=FULL`).
 *
 * @throws {StoreError}
 */
export const openStore = (path: string): Store => {
  const database = openFile(path);
  try {
    // Taken with the first write and held from then on, by the operating system: no stale lock
    // survives a crash.
    database.pragma('locking_mode = EXCLUSIVE');
    database.pragma('busy_timeout = 0');
    database.pragma('journal_mode = WAL');
    database.pragma('synchronous = FULL');
    database.pragma('foreign_keys = ON');
    // What is committed is copied into the file by who commits last: seldom, so that few hooks wait for it.
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
      // First, as SQLite deletes the log that it waits for.
      await durability.close();
      await db.destroy();
      // Kysely leaves alone what it was never asked to query, and the lock with it.
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

/** Of 4 KiB: 4 MiB, which whoever commits last copies in a few ms. More at once is no less work, and is waited for longer. */
const PAGES_BETWEEN_COPIES = 1_024;

/** SQLite's name for no file at all. */
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
 * How many migrations a version must know to read the store, as the one that wrote it says. It stands in
 * the file's header, where SQLite has a number free for the application.
 */
const readableFrom = (database: Database.Database, version: number): number =>
  Number(database.pragma('application_id', { simple: true })) || version;

/** Runs what is missing, each migration in a transaction of its own, and tells whether the store was empty. */
const migrate = (database: Database.Database, path: string): boolean => {
  const version = Number(database.pragma('user_version', { simple: true }));
  // Whatever only adds can be read by the version before, so a rolled-back helper goes on.
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
