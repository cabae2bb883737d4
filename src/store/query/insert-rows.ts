import type { InsertQueryBuilder, Insertable, InsertResult } from 'kysely';
import type { Query } from './db.ts';
import type { Tables } from '../tables/tables.ts';
import { rowsOf } from './fragments.ts';

/** Begins a statement that inserts any number of rows with one constant text; see {@link rowsOf}. */
export const insertRows = <Table extends keyof Tables>(
  query: Query,
  table: Table,
  rows: readonly [Insertable<Tables[Table]>, ...Insertable<Tables[Table]>[]],
): InsertQueryBuilder<Tables, Table, InsertResult> => {
  const columns = Object.keys(rows[0]) as (keyof Tables[Table] & string)[];
  return query.insertInto(table).columns(columns).expression(rowsOf(table, rows));
};
