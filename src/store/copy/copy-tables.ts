import type { Query } from '../sqlite/open-store.ts';
import { StoreError } from '../query/store-error.ts';
import {
  COPIED_TABLES,
  type CopiedTable,
  LEFT_OUT_OF_BACKUPS,
  WRITTEN_BY_A_START,
} from './copied-tables.ts';
import { countRows, createTotal, deleteRows, hasRows, insertRowsOf, readRows } from './rows.ts';

export type Copied = {
  readonly rows: number;
  /** Number of rows of each table that has any. */
  readonly tables: Readonly<Record<string, number>>;
};

export type CopyOptions = {
  /** Leaves out the tables that a backup leaves out. */
  readonly asBackup?: boolean;
  readonly onProgress?: (progress: CopyProgress) => void;
  /** Aborts the copy, which is then undone. */
  readonly signal?: AbortSignal;
};

export type CopyProgress = {
  readonly table: string;
  readonly done: number;
  readonly total: number;
};

/**
 * Copies everything from one store into another, which must be empty, reads each table back and compares its number of
 * rows and checksum. Call it in a transaction of each.
 *
 * @throws {StoreError} `not-empty`, `not-copied`
 */
export const copyTables = async (
  from: Query,
  to: Query,
  { asBackup = false, onProgress = () => {}, signal }: CopyOptions = {},
): Promise<Copied> => {
  await requireEmpty(to);
  const tables = COPIED_TABLES.filter(
    ({ name }) => !asBackup || !LEFT_OUT_OF_BACKUPS.some((left) => left === name),
  );
  let total = 0;
  for (const { name } of tables) total += await countRows(from, name);
  const counts: [table: string, rows: number][] = [];
  let done = 0;
  for (const table of tables) {
    const before = done;
    const rows = await copyTable(from, to, {
      table,
      onRows: (copied) => {
        signal?.throwIfAborted();
        done = before + copied;
        onProgress({ table: table.name, done, total });
      },
    });
    if (rows > 0) counts.push([table.name, rows]);
  }
  return { rows: done, tables: Object.fromEntries(counts) };
};

const copyTable = async (
  from: Query,
  to: Query,
  { table, onRows }: { readonly table: CopiedTable; readonly onRows: (copied: number) => void },
): Promise<number> => {
  const read = createTotal();
  let copied = 0;
  for await (const rows of readRows(from, table)) {
    read.add(rows);
    await insertRowsOf(to, table.name, rows);
    copied += rows.length;
    onRows(copied);
  }
  const written = createTotal();
  for await (const rows of readRows(to, table)) written.add(rows);
  const [expected, found] = [read.end(), written.end()];
  if (expected.rows !== found.rows || expected.checksum !== found.checksum) {
    const what = `${found.rows} of ${expected.rows} rows, or not the same`;
    const text = `the copy of ${table.name} differs from what was read (${what}); nothing was changed: start the copy again`;
    throw new StoreError('not-copied', text);
  }
  return expected.rows;
};

/** Removes the rows that a first start writes to a new store, and refuses a store that contains more. */
const requireEmpty = async (to: Query): Promise<void> => {
  const filled: string[] = [];
  for (const { name } of COPIED_TABLES) {
    if (WRITTEN_BY_A_START.includes(name)) await deleteRows(to, name);
    else if (await hasRows(to, name)) filled.push(name.replaceAll('_', ' '));
  }
  if (filled.length === 0) return;
  const shown = filled.slice(0, 3).join(', ');
  throw new StoreError(
    'not-empty',
    `the store that is to be filled is not empty: it holds ${shown}${filled.length > 3 ? ' and more' : ''}; name an empty one, or move this one away`,
  );
};
