import { sql, type Transaction } from 'kysely';
import type { Db } from './open-store.ts';
import type { Tables } from './schema.ts';

/**
 * A transaction that is on the disk at the latest with the next one that is not relaxed, in the order
 * of both; without waiting for the disk itself. A crash of the process loses nothing of it. A crash of
 * the host may lose it, but never what came before it, nor it alone where something after it was kept:
 * only for what is found out again by the next start, such as which looks had been taken up.
 */
export const relaxed = async <T>(
  db: Db,
  work: (query: Transaction<Tables>) => Promise<T>,
): Promise<T> =>
  // One connection serves all, each in its turn, so nobody else's commit becomes a relaxed one.
  db.connection().execute(async (connection) => {
    await sql`pragma synchronous = normal`.execute(connection);
    try {
      return await connection.transaction().execute(work);
    } finally {
      await sql`pragma synchronous = full`.execute(connection);
    }
  });
