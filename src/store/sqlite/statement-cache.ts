import type Database from 'better-sqlite3';
import type { SqliteDatabase, SqliteStatement } from 'kysely';

/** There are some hundred distinct texts. Value lists of different lengths add more. */
const MOST_STATEMENTS = 500;

/**
 * Caches SQLite's prepared statement for each query text, because preparing costs more than running. Pragmas are
 * prepared anew each time, because some take effect while they are prepared.
 *
 * @param told.onBegin called before each transaction, which does not begin if this throws
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
        // Move it to the end: the least recently used is removed first.
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
 * Whether a `rollback` follows an automatic rollback by SQLite, which happens when the disk is full. Kysely sends a
 * `rollback` after every error in a transaction. SQLite refuses it ("no transaction is active"), and that error would
 * hide the first one, which says what went wrong. So nothing is sent instead.
 */
const isRolledBackAlready = (text: string, database: Database.Database): boolean =>
  text === 'rollback' && !database.inTransaction;

/** The same statement, with a call of `onWrite` after each run. */
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
