import { PostgresAdapter } from 'kysely';
import type { Db, Query } from '../sqlite/open-store.ts';
import { beginFilling, endFilling } from '../postgres/fill.ts';
import { readLeases } from '../leases/leases.ts';
import { StoreError } from '../query/store-error.ts';
import { COPIED_TABLES } from './copied-tables.ts';
import { type Copied, type CopyOptions, copyTables } from './copy-tables.ts';
import { type EndedWork, endRestored } from './end-restored.ts';

const isPostgres = (db: Db): boolean => db.getExecutor().adapter instanceof PostgresAdapter;

/** A helper in use locks its SQLite file; in PostgreSQL it holds a lease. */
const requireUnused = async (db: Db, query: Query, which: 'source' | 'target'): Promise<void> => {
  if (!isPostgres(db)) return;
  const { leases } = await readLeases(query);
  const held = leases.find(({ holder }) => holder !== null);
  if (held === undefined) return;
  const text = `a helper works on the ${which} (it holds the lease ${held.name}): stop every helper with that store, then try again`;
  throw new StoreError('in-use', text);
};

/** One snapshot of a store for a long read, whatever others write meanwhile. */
export const readWhole = <T>(db: Db, read: (query: Query) => Promise<T>): Promise<T> =>
  db.transaction().setIsolationLevel('repeatable read').setAccessMode('read only').execute(read);

/** Fills an empty store with everything, or with nothing on failure. */
const fillWhole = <T>(db: Db, fill: (query: Query) => Promise<T>): Promise<T> => {
  const tables = COPIED_TABLES.map(({ name }) => name);
  return db.transaction().execute(async (query) => {
    await requireUnused(db, query, 'target');
    if (isPostgres(db)) await beginFilling(query, tables);
    const result = await fill(query);
    if (isPostgres(db)) await endFilling(query, tables);
    return result;
  });
};

/**
 * Copies a whole store into an empty one, even while helpers work in it. All or nothing; the source is unchanged.
 *
 * @throws {StoreError} `in-use` if a helper works on the target, `not-empty`, `not-copied`
 */
export const copyWhole = (from: Db, to: Db, options: CopyOptions = {}): Promise<Copied> =>
  readWhole(from, (source) => fillWhole(to, (target) => copyTables(source, target, options)));

/**
 * Moves a store into an empty one of either kind. Like {@link copyWhole}, but no helper may work on the source, because
 * later writes would be missing.
 *
 * @throws {StoreError} `in-use`, `not-empty`, `not-copied`
 */
export const copyStore = (from: Db, to: Db, options: CopyOptions = {}): Promise<Copied> =>
  readWhole(from, async (source) => {
    await requireUnused(from, source, 'source');
    return fillWhole(to, (target) => copyTables(source, target, options));
  });

export type Restored = { readonly copied: Copied; readonly ended: EndedWork };

/**
 * Copies a backup into an empty store, and ends the work that was pending when it was made.
 *
 * @throws {StoreError} `in-use`, `not-empty`, `not-copied`
 */
export const restoreStore = (
  backup: Db,
  to: Db,
  { now, ...options }: CopyOptions & { readonly now: number },
): Promise<Restored> =>
  readWhole(backup, (source) =>
    fillWhole(to, async (target) => {
      const copied = await copyTables(source, target, { ...options, asBackup: true });
      return { copied, ended: await endRestored(target, now) };
    }),
  );
