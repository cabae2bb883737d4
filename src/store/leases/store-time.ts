import type { AliasableExpression } from 'kysely';
import { databaseNow } from '../query/fragments.ts';
import type { Query } from '../query/db.ts';

/** A source of time; tests replace the database's clock. ms since the epoch. */
export type StoreTime = () => AliasableExpression<number>;

export const byDatabase: StoreTime = databaseNow;

/** The time of the database's clock, ms since the epoch. */
export const readNow = async (query: Query, time: StoreTime = byDatabase): Promise<number> => {
  const { now } = await query.selectNoFrom(time().as('now')).executeTakeFirstOrThrow();
  return now;
};
