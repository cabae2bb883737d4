import { PostgresAdapter, sql, type Transaction } from 'kysely';
import type { Db } from '../query/db.ts';
import type { Tables } from '../tables/tables.ts';

type Work<T> = (query: Transaction<Tables>) => Promise<T>;

/**
 * Runs a transaction without waiting for the disk. It reaches the disk with the next transaction that is not relaxed at
 * the latest, in order. A crash of the process loses nothing. A crash of the host may lose it, but never what came
 * before it, and never it alone if something later was kept. Use it only for what the next start determines again, such
 * as which checks had begun.
 */
export const relaxed = <T>(db: Db, work: Work<T>): Promise<T> =>
  db.getExecutor().adapter instanceof PostgresAdapter
    ? relaxedPostgres(db, work)
    : relaxedSqlite(db, work);

const relaxedSqlite = <T>(db: Db, work: Work<T>): Promise<T> =>
  // One connection serves everything in turn, so nobody else's commit becomes relaxed.
  db.connection().execute(async (connection) => {
    await sql`pragma synchronous = normal`.execute(connection);
    try {
      return await connection.transaction().execute(work);
    } finally {
      await sql`pragma synchronous = full`.execute(connection);
    }
  });

const relaxedPostgres = <T>(db: Db, work: Work<T>): Promise<T> =>
  db.transaction().execute(async (query) => {
    await sql`set local synchronous_commit = off`.execute(query);
    return work(query);
  });
