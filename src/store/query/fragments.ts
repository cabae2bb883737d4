import { type Expression, type RawBuilder, type SqlBool, sql } from 'kysely';
import { inWords } from './dialect-words.ts';
import { plainText } from './plain-text.ts';

/*
 * All handwritten SQL fragments, for what Kysely cannot express, in a form for each database.
 */

/** A text inside the query itself. SQLite matches a partial index by the exact text of its condition. */
export const literal = <Text extends string>(text: Text): RawBuilder<Text> => sql.lit(text);

/** Whether a column has one of many values. They are a single parameter, however many they are. */
export const isAmong = (
  column: Expression<unknown>,
  values: readonly (string | number)[],
): RawBuilder<SqlBool> =>
  inWords({
    sqlite: sql<SqlBool>`${column} in (select value from json_each(${JSON.stringify(values)}))`,
    postgres: () => sql<SqlBool>`${column} = any(${sql.val(values)})`,
  });

/** Matches possible escapes of characters that PostgreSQL refuses, see {@link plainText}. */
const REFUSED_IN_JSON = /\\u(?:0000|d[89a-f])/;
const plainValue = (_name: string, value: unknown): unknown =>
  typeof value === 'string' ? plainText(value) : value;

/**
 * Rows to insert, as a single parameter, however many they are. The statement's text stays constant, so neither Kysely
 * nor the database compiles it again for each number of rows. All rows have the same fields; their values are texts,
 * numbers and null. SQLite parses them once (`jsonb_each`), not once per field.
 */
export const rowsOf = <Row extends object>(
  table: string,
  rows: readonly [Row, ...Row[]],
): RawBuilder<Row> => {
  const names = Object.keys(rows[0]);
  const json = JSON.stringify(rows);
  const values = sql.join(names.map((name) => sql`value ->> ${sql.lit(name)}`));
  return inWords({
    // Without a condition, SQLite parses a following `on conflict` as part of a join.
    sqlite: sql<Row>`select ${values} from jsonb_each(${json}) where true`,
    postgres: () => {
      const columns = sql.join(names.map((name) => sql.ref(name)));
      const plain = REFUSED_IN_JSON.test(json) ? JSON.stringify(rows, plainValue) : json;
      return sql<Row>`select ${columns} from json_populate_recordset(null::${sql.table(table)}, ${plain})`;
    },
  });
};

/** The smaller of two numbers. */
export const smaller = (one: Expression<number>, other: Expression<number>): RawBuilder<number> =>
  inWords({
    sqlite: sql<number>`min(${one}, ${other})`,
    postgres: () => sql<number>`least(${one}, ${other})`,
  });

/** A field of a JSON object in a column, as a text; null if it is missing. */
export const jsonField = (
  column: Expression<string | null>,
  field: string,
): RawBuilder<string | null> =>
  inWords({
    sqlite: sql<string | null>`${column} ->> ${sql.lit(field)}`,
    postgres: () => sql<string | null>`${column}::json ->> ${sql.lit(field)}`,
  });

/** Whether a field of a JSON object in a column is `false`, and neither missing nor anything else. */
export const jsonFieldIsFalse = (
  column: Expression<string | null>,
  field: string,
): RawBuilder<SqlBool> =>
  inWords({
    sqlite: sql<SqlBool>`${column} -> ${sql.lit(field)} = 'false'`,
    postgres: () => sql<SqlBool>`(${column}::json -> ${sql.lit(field)})::text = 'false'`,
  });

/** Whether one of these texts contains a word, ignoring case. `word` must be lower-case. */
export const holdText = (
  texts: readonly Expression<string | null>[],
  word: string,
): RawBuilder<SqlBool> => {
  const all = sql.join([...texts]);
  return inWords({
    sqlite: sql<SqlBool>`instr(lower(concat_ws(char(10), ${all})), ${word}) > 0`,
    postgres: () => sql<SqlBool>`strpos(lower(concat_ws(chr(10), ${all})), ${word}) > 0`,
  });
};

const sqliteBytes = (): RawBuilder<number> =>
  sql<number>`(select (page_count - freelist_count) * page_size
    from pragma_page_count, pragma_freelist_count, pragma_page_size)`;

/** Tables that grow with the history, and not only with the current state. */
const HISTORY = [
  'deliveries',
  'pushes',
  'push_results',
  'checks',
  'check_services',
  'triggers',
  'deployments',
  'deployment_steps',
  'runs',
  'run_services',
  'run_plans',
  'actions',
];

/** Upper bound of the store's size in bytes; cheap. PostgreSQL includes indexes and freed space. */
export const reservedBytes = (): RawBuilder<number> =>
  inWords({
    sqlite: sqliteBytes(),
    postgres: () => {
      const schema = sql`(select typnamespace from pg_type
        where oid = pg_typeof(null::${sql.table('deliveries')})::oid)`;
      return sql<number>`(select coalesce(sum(pg_total_relation_size(oid)), 0) from pg_class
        where relnamespace = ${schema} and relkind = 'r')`;
    },
  });

/**
 * Bytes of the store in use, because freed space is reused. PostgreSQL does not shrink a table's file when rows are
 * deleted, so there it is the size of the rows of the history, without indexes; it reads them all.
 */
export const usedBytes = (): RawBuilder<number> =>
  inWords({
    sqlite: sqliteBytes(),
    postgres: () => {
      const sums = HISTORY.map(
        (table) =>
          sql`select sum(pg_column_size(rows.*)) as bytes from ${sql.table(table)} as rows`,
      );
      return sql<number>`(select coalesce(sum(bytes), 0) from (${sql.join(sums, sql` union all `)}) as tables)`;
    },
  });

/** The database's clock, ms since the epoch: the same for every instance, and not the transaction's start time. */
export const databaseNow = (): RawBuilder<number> =>
  inWords({
    sqlite: sql<number>`cast(unixepoch('subsec') * 1000 as integer)`,
    postgres: () => sql<number>`(extract(epoch from clock_timestamp()) * 1000)::bigint`,
  });
