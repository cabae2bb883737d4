import type { Db, Query } from '../sqlite/open-store.ts';

/** Deliveries that asked for nothing are kept as a sample. Their count is kept forever. */
export const IGNORED_KEPT = 1_000;

/** Removes all but the newest of the deliveries that asked for nothing. Returns how many were removed. */
export const pruneIgnored = async (db: Db | Query): Promise<number> => {
  const gone = await db
    .deleteFrom('deliveries')
    .where('counted', '=', 0)
    .where('id', '<', (eb) =>
      eb
        .selectFrom('deliveries as kept')
        .select('kept.id')
        .where('kept.counted', '=', 0)
        .orderBy('kept.id', 'desc')
        .offset(IGNORED_KEPT - 1)
        .limit(1),
    )
    .executeTakeFirst();
  return Number(gone.numDeletedRows);
};
