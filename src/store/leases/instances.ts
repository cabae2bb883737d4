import type { Db, Query } from '../sqlite/open-store.ts';
import { readNow } from './store-time.ts';

/** One running process of the helper. */
export type Instance = {
  readonly id: string;
  readonly host: string;
  readonly version: string;
};

export type SeenInstance = Instance & {
  /** ms since the epoch. */
  readonly startedAt: number;
  /** When it last said that it lives, ms since the epoch. */
  readonly seenAt: number;
};

/** One that was not seen for so long is forgotten. */
const FORGET_AFTER_MS = 3_600_000;

/** Puts down, as part of the caller's transaction, that an instance lives; forgets those that died long ago. */
export const seeInstance = async (query: Query, instance: Instance, now: number): Promise<void> => {
  await query
    .insertInto('instances')
    .values({ ...instance, started_at: now, seen_at: now })
    .onConflict((conflict) => conflict.column('id').doUpdateSet({ seen_at: now }))
    .execute();
  await query
    .deleteFrom('instances')
    .where('seen_at', '<', now - FORGET_AFTER_MS)
    .execute();
};

/** All others are gone, with what they held: the store is this one's alone. */
export const forgetOthers = async (query: Query, id: string): Promise<void> => {
  await query.deleteFrom('instances').where('id', '!=', id).execute();
  await query
    .updateTable('leases')
    .set({ holder: null, until: null })
    .where('holder', '!=', id)
    .execute();
};

/** Those that live or died a while ago, oldest first, and what the database's clock shows. */
export const listInstances = async (
  db: Db,
): Promise<{ readonly now: number; readonly instances: readonly SeenInstance[] }> => {
  const rows = await db
    .selectFrom('instances')
    .selectAll()
    .orderBy('started_at')
    .orderBy('id')
    .execute();
  const now = await readNow(db);
  const instances = rows.map(({ started_at: startedAt, seen_at: seenAt, ...rest }) => ({
    ...rest,
    startedAt,
    seenAt,
  }));
  return { now, instances };
};
