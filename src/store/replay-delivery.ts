import type { IntakeOptions } from './accept-delivery.ts';
import { askForLook } from './insert-deliveries.ts';
import type { Db, Query } from './open-store.ts';

/**
 * Lets every push of a delivery be looked at once more; null where there is no such delivery, else
 * how many pushes it has.
 */
export const replayDelivery = async (
  db: Db,
  options: IntakeOptions,
  id: string,
): Promise<number | null> => {
  const touched = new Set<string>();
  const count = await db.transaction().execute(async (query) => {
    const delivery = await query
      .selectFrom('deliveries')
      .select('id')
      .where('id', '=', id)
      .executeTakeFirst();
    if (delivery === undefined) return null;
    const pushes = await query
      .selectFrom('pushes')
      .select(['id', 'name'])
      .where('delivery_id', '=', id)
      .execute();
    for (const push of pushes) {
      for (const cluster of await clustersOf(query, options, push.id)) {
        await query
          .insertInto('push_results')
          .values({
            push_id: push.id,
            cluster,
            name: push.name,
            state: 'waiting',
            outcome: null,
            detail: null,
            ended_at: null,
          })
          .onConflict((conflict) =>
            conflict
              .columns(['push_id', 'cluster'])
              .doUpdateSet({ state: 'waiting', ended_at: null }),
          )
          .execute();
        await askForLook(query, options, { cluster, name: push.name });
        touched.add(cluster);
      }
    }
    return pushes.length;
  });
  if (touched.size > 0) options.onWork(touched);
  return count;
};

/** Those that the delivery was for; all where that was never worked out, because it was a duplicate. */
const clustersOf = async (
  query: Query,
  options: IntakeOptions,
  push: number,
): Promise<readonly string[]> => {
  const rows = await query
    .selectFrom('push_results')
    .select('cluster')
    .where('push_id', '=', push)
    .execute();
  return rows.length === 0 ? options.clusters : rows.map(({ cluster }) => cluster);
};
