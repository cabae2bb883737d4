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
      if (isRolledBackAlready(text, database)) return database.prepare(NOTHING);
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

/** A statement that does nothing. */
const NOTHING = 'select 1 limit 0';

/**
 * Whether a `rollback` comes after SQLite rolled back automatically, as it does when the disk is full. Kysely sends
 * one after every error of a transaction. SQLite refuses it ("no transaction is active"), and that error would take
 * the place of the first, which says what went wrong; so nothing is sent instead.
 */
const isRolledBackAlready = (text: string, database: Database.Database): boolean =>
  text === 'rollback' && !database.inTransaction;

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
