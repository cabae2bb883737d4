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
  /** Its last heartbeat, ms since the epoch. */
  readonly seenAt: number;
};

/** An instance that was not seen for this long is removed. */
const FORGET_AFTER_MS = 3_600_000;

/** Records an instance's heartbeat, as part of the caller's transaction. Removes those that died long ago. */
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

/** Removes all other instances and their leases: the store belongs to this one alone. */
export const forgetOthers = async (query: Query, id: string): Promise<void> => {
  await query.deleteFrom('instances').where('id', '!=', id).execute();
  await query
    .updateTable('leases')
    .set({ holder: null, until: null })
    .where('holder', '!=', id)
    .execute();
};

/** Instances that are alive or died recently, oldest first, and the time of the database's clock. */
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
