import { createHash, type Hash } from 'node:crypto';
import type { Kysely } from 'kysely';
import type { Query } from '../sqlite/open-store.ts';
import { plainText } from '../query/plain-text.ts';
import { rowsOf } from '../query/fragments.ts';
import type { CopiedTable } from './copied-tables.ts';

export type Row = Readonly<Record<string, string | number | null>>;

/** Any table, by its name alone. */
type AnyTables = Readonly<Record<string, Row>>;
const anyTable = (query: Query): Kysely<AnyTables> => query as unknown as Kysely<AnyTables>;

/** They are in memory together, and deliveries have bodies of up to 256 KiB. */
const ROWS_AT_ONCE = 200;

/** Every row of a table in the order of its key, in batches. Texts are converted to what both databases can store. */
export async function* readRows(
  query: Query,
  { name, key }: CopiedTable,
): AsyncGenerator<readonly [Row, ...Row[]]> {
  let last: Row | null = null;
  for (;;) {
    const rows: readonly Row[] = await rowsAfter(query, { name, key }, last);
    const [first, ...others] = rows.map(plainRow);
    if (first === undefined) return;
    yield [first, ...others];
    if (rows.length < ROWS_AT_ONCE) return;
    last = rows.at(-1) ?? null;
  }
}

const rowsAfter = async (
  query: Query,
  { name, key }: CopiedTable,
  last: Row | null,
): Promise<readonly Row[]> => {
  const all = anyTable(query).selectFrom(name).selectAll().limit(ROWS_AT_ONCE);
  const select = key.reduce((some, column) => some.orderBy(column), all);
  if (last === null) return select.execute();
  const values = key.map((column) => last[column] ?? null);
  return select
    .where((eb) => {
      const [column = '', ...more] = key;
      if (more.length === 0) return eb(column, '>', values[0] ?? null);
      const columns = eb.refTuple(...(key as [string, string]));
      return eb(columns, '>', eb.tuple(...(values as [string, string])));
    })
    .execute();
};

const plainRow = (row: Row): Row =>
  Object.fromEntries(
    Object.entries(row).map(([column, value]) => [
      column,
      typeof value === 'string' ? plainText(value) : value,
    ]),
  );

export const insertRowsOf = async (
  query: Query,
  name: string,
  rows: readonly [Row, ...Row[]],
): Promise<void> => {
  await anyTable(query)
    .insertInto(name)
    .columns(Object.keys(rows[0]))
    .expression(rowsOf(name, rows))
    .execute();
};

export const countRows = async (query: Query, name: string): Promise<number> => {
  const { rows } = await anyTable(query)
    .selectFrom(name)
    .select((eb) => eb.fn.countAll<number>().as('rows'))
    .executeTakeFirstOrThrow();
  return rows;
};

export const hasRows = async (query: Query, name: string): Promise<boolean> => {
  const rows = await anyTable(query).selectFrom(name).selectAll().limit(1).execute();
  return rows.length > 0;
};

export const deleteRows = async (query: Query, name: string): Promise<void> => {
  await anyTable(query).deleteFrom(name).execute();
};

/** Number and checksum of a table's rows. */
export type Total = { readonly rows: number; readonly checksum: string };

/** Adds up rows of one table in the given order. */
export const createTotal = (): {
  readonly add: (rows: readonly Row[]) => void;
  readonly end: () => Total;
} => {
  const hash: Hash = createHash('sha256');
  let count = 0;
  let columns: readonly string[] | null = null;
  return {
    add: (rows) => {
      for (const row of rows) {
        columns ??= Object.keys(row).toSorted();
        hash.update(`${JSON.stringify(columns.map((column) => row[column]))}\n`);
      }
      count += rows.length;
    },
    end: () => ({ rows: count, checksum: hash.digest('hex') }),
  };
};
