import type { AliasableExpression } from 'kysely';
import { databaseNow } from '../query/fragments.ts';
import type { Query } from '../query/db.ts';

/** The clock of the database; tests have one of their own. ms since the epoch. */
export type StoreTime = () => AliasableExpression<number>;

export const byDatabase: StoreTime = databaseNow;

/** What the database's clock shows, ms since the epoch. */
export const readNow = async (query: Query, time: StoreTime = byDatabase): Promise<number> => {
  const { now } = await query.selectNoFrom(time().as('now')).executeTakeFirstOrThrow();
  return now;
};
