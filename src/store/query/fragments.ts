import { type Expression, type RawBuilder, type SqlBool, sql } from 'kysely';

/*
 * Every fragment of SQL that is written by hand, for what Kysely has no word for. Another database needs
 * these in its own words, and nothing else of the queries.
 */

/** A text that stands in the query itself: SQLite finds a partial index by the very text of its condition. */
export const literal = <Text extends string>(text: Text): RawBuilder<Text> => sql.lit(text);

/** Whether a column has one of many values, which are one parameter however many they are. */
export const isAmong = (
  column: Expression<unknown>,
  values: readonly (string | number)[],
): RawBuilder<SqlBool> =>
  sql<SqlBool>`${column} in (select value from json_each(${JSON.stringify(values)}))`;

/**
 * Rows to be inserted, as one parameter however many they are: the text of the statement stays the same, so that
 * neither Kysely nor the database makes it anew for each number of rows. Every row has the same fields; their
 * values are texts, numbers and null.
 */
export const rowsOf = <Row extends object>(rows: readonly [Row, ...Row[]]): RawBuilder<Row> => {
  const values = Object.keys(rows[0]).map((name) => sql`value ->> ${sql.lit(name)}`);
  // Without a condition SQLite takes a following `on conflict` for part of a join.
  return sql<Row>`select ${sql.join(values)} from json_each(${JSON.stringify(rows)}) where true`;
};

/** The smaller of two numbers. */
export const smaller = (one: Expression<number>, other: Expression<number>): RawBuilder<number> =>
  sql<number>`min(${one}, ${other})`;

/** A field of a JSON object that a column holds, as a text; null where it has none. */
export const jsonField = (
  column: Expression<string | null>,
  field: string,
): RawBuilder<string | null> => sql<string | null>`${column} ->> ${sql.lit(field)}`;

/** Whether a field of a JSON object that a column holds is `false`, and neither missing nor anything else. */
export const jsonFieldIsFalse = (
  column: Expression<string | null>,
  field: string,
): RawBuilder<SqlBool> => sql<SqlBool>`${column} -> ${sql.lit(field)} = 'false'`;

/** Whether one of these texts holds a word, whatever its capitals; `word` has small letters only. */
export const holdText = (
  texts: readonly Expression<string | null>[],
  word: string,
): RawBuilder<SqlBool> =>
  sql<SqlBool>`instr(lower(concat_ws(char(10), ${sql.join([...texts])})), ${word}) > 0`;

/** Bytes of the store that hold something: what was freed is used again. */
export const usedBytes = (): RawBuilder<number> =>
  sql<number>`(select (page_count - freelist_count) * page_size
    from pragma_page_count, pragma_freelist_count, pragma_page_size)`;
