import type Database from 'better-sqlite3';
import type { SqliteDatabase, SqliteStatement } from 'kysely';

/** Distinct texts are some hundred; lists of values of many lengths make more. */
const MOST_STATEMENTS = 500;

/**
 * Keeps what SQLite made of each query's text, as making it costs more than running it. Pragmas are
 * made anew each time, because some take effect while they are made.
 *
 * @param told.onBegin called before each transaction, which does not begin where it throws
 * @param told.onWrite called after each statement that writes
 */
export const withStatementCache = (
  database: Database.Database,
  {
    onBegin = () => {},
    onWrite = () => {},
  }: { readonly onBegin?: () => void; readonly onWrite?: () => void } = {},
): SqliteDatabase => {
  const statements = new Map<string, SqliteStatement>();
  return {
    prepare: (text) => {
      if (text === 'begin') onBegin();
      // A full disk makes SQLite roll back by itself; a second time would hide why.
      if (text === 'rollback' && !database.inTransaction)
        return database.prepare('select 1 limit 0');
      const known = statements.get(text);
      if (known !== undefined) {
        // The oldest in use stays longest.
        statements.delete(text);
        statements.set(text, known);
        return known;
      }
      const prepared = database.prepare(text);
      if (/^\s*pragma/i.test(text)) return prepared;
      const made = prepared.readonly ? prepared : telling(prepared, onWrite);
      statements.set(text, made);
      for (const oldest of statements.keys()) {
        if (statements.size <= MOST_STATEMENTS) break;
        statements.delete(oldest);
      }
      return made;
    },
    close: () => {
      statements.clear();
      database.close();
    },
  };
};

/** The same statement, which says so each time it has written. */
const telling = (statement: SqliteStatement, onWrite: () => void): SqliteStatement => ({
  reader: statement.reader,
  all: (values) => {
    const rows = statement.all(values);
    onWrite();
    return rows;
  },
  run: (values) => {
    const result = statement.run(values);
    onWrite();
    return result;
  },
  iterate: (values) => statement.iterate(values),
});
