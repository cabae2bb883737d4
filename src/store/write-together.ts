import { closeSync, fdatasync, openSync } from 'node:fs';
import { promisify } from 'node:util';
import type Database from 'better-sqlite3';
import type { Db } from './open-store.ts';
import type { CheckFiles } from './store-files.ts';

type Values = readonly (string | number | null)[];

/**
 * Statements that stand as they are in the source and run when they are called: for the few places that
 * run for each of thousands of hooks, where the making of a query costs more than the query.
 */
export type Statements = {
  readonly rows: <Row>(text: string, values: Values) => readonly Row[];
  /** Gives the id of the row that it put in. */
  readonly run: (text: string, values: Values) => number;
};

/**
 * Runs `work` in a transaction of its own, between the other queries of the store: all of it or, where it
 * throws, nothing. Resolves after the commit, which no crash of the process undoes and which every later
 * query sees; no crash of the host undoes it from `onDisk` on.
 */
export type Write = <T>(
  work: (statements: Statements) => T,
) => Promise<{ readonly result: T; readonly onDisk: Promise<void> }>;

const sync = promisify(fdatasync);

/**
 * Waits for the disk in a thread of Node's pool instead of in SQLite, so that what comes meanwhile is
 * read meanwhile. Nothing is written, and nothing is said to be on disk, where the files of the store are gone.
 *
 * @param options.log the file that holds what is committed last, null for a store in memory
 * @param options.onWrite called after each commit
 */
export const createWrite = (
  database: Database.Database,
  db: Db,
  {
    log,
    checkFiles,
    onWrite,
  }: {
    readonly log: string | null;
    readonly checkFiles: CheckFiles;
    readonly onWrite: () => void;
  },
): { readonly write: Write; readonly close: () => Promise<void> } => {
  const made = new Map<string, Database.Statement>();
  const prepared = (text: string): Database.Statement => {
    const known = made.get(text);
    if (known !== undefined) return known;
    const statement = database.prepare(text);
    made.set(text, statement);
    return statement;
  };
  const statements: Statements = {
    rows: <Row>(text: string, values: Values) => prepared(text).all(values) as Row[],
    run: (text, values) => Number(prepared(text).run(values).lastInsertRowid),
  };
  const inTransaction = database.transaction((work: () => unknown) => work());
  let file: number | null = null;
  const syncing = new Set<Promise<void>>();

  const reachDisk = async (): Promise<void> => {
    if (log === null) return;
    file ??= openSync(log, 'r');
    const synced = sync(file).then(checkFiles);
    syncing.add(synced);
    try {
      await synced;
    } finally {
      syncing.delete(synced);
    }
  };

  const write = async <T>(work: (statements: Statements) => T) => {
    const result = await db.connection().execute(async () => {
      checkFiles();
      database.pragma('synchronous = normal');
      try {
        return inTransaction.immediate(() => work(statements)) as T;
      } finally {
        database.pragma('synchronous = full');
      }
    });
    onWrite();
    const onDisk = reachDisk();
    // Not everybody waits for it.
    onDisk.catch(() => {});
    return { result, onDisk };
  };
  const close = async (): Promise<void> => {
    // A number that is closed meanwhile may be another file's by the time a thread comes to it.
    await Promise.allSettled(syncing);
    const closing = file;
    file = null;
    if (closing !== null) closeSync(closing);
  };
  return { write, close };
};
