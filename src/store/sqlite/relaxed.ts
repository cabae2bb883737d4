import { PostgresAdapter, sql, type Transaction } from 'kysely';
import type { Db } from '../query/db.ts';
import type { Tables } from '../query/schema.ts';

type Work<T> = (query: Transaction<Tables>) => Promise<T>;

/**
 * A transaction that is on the disk at the latest with the next one that is not relaxed, in the order
 * of both; without waiting for the disk itself. A crash of the process loses nothing of it. A crash of
 * the host may lose it, but never what came before it, nor it alone where something after it was kept:
 * only for what is found out again by the next start, such as which looks had been taken up.
 */
export const relaxed = <T>(db: Db, work: Work<T>): Promise<T> =>
  db.getExecutor().adapter instanceof PostgresAdapter
    ? relaxedPostgres(db, work)
    : relaxedSqlite(db, work);

const relaxedSqlite = <T>(db: Db, work: Work<T>): Promise<T> =>
  // One connection serves all, each in its turn, so nobody else's commit becomes a relaxed one.
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
