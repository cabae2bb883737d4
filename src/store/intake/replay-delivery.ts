import type { IntakeOptions } from './accept-delivery.ts';
import { askForChecks } from '../check-queue/ask-for-checks.ts';
import type { Durability } from '../sqlite/durability.ts';
import { inParts } from '../query/in-parts.ts';

/**
 * Makes every push of a delivery due for another check. Returns the number of its pushes, or null if there is no such
 * delivery.
 */
export const replayDelivery = async (
  durability: Durability,
  options: IntakeOptions,
  id: string,
): Promise<number | null> => {
  const { result, onDisk } = await durability.accept(async (query) => {
    const found = await query
      .selectFrom('deliveries')
      .select('id')
      .where('id', '=', id)
      .executeTakeFirst();
    if (found === undefined) return null;
    const pushes = await query
      .selectFrom('pushes')
      .select(['id', 'name'])
      .where('delivery_id', '=', id)
      .execute();
    const results = await query
      .selectFrom('push_results')
      .innerJoin('pushes', 'pushes.id', 'push_results.push_id')
      .select(['push_id', 'cluster'])
      .where('delivery_id', '=', id)
      .execute();
    const again = pushes.flatMap(({ id: push, name }) => {
      const of = results.flatMap(({ push_id, cluster }) => (push_id === push ? [cluster] : []));
      // Its own clusters, or all if they were never determined, because it was a duplicate.
      const clusters = of.length === 0 ? options.clusters : of;
      return clusters.map((cluster) => ({ push_id: push, cluster, name }));
    });
    for (const some of inParts(again)) {
      await query
        .insertInto('push_results')
        .values(some.map((one) => ({ ...one, state: 'waiting' as const })))
        .onConflict((conflict) =>
          conflict
            .columns(['push_id', 'cluster'])
            .doUpdateSet({ state: 'waiting', ended_at: null, check_id: null }),
        )
        .execute();
    }
    const checks = new Map(
      again.map(({ cluster, name }) => [`${cluster} ${name}`, { cluster, name, secret: null }]),
    );
    await askForChecks(query, options, [...checks.values()]);
    return { pushes: pushes.length, clusters: new Set(again.map(({ cluster }) => cluster)) };
  });
  await onDisk;
  if (result === null) return null;
  if (result.clusters.size > 0) options.onWork(result.clusters);
  return result.pushes;
};
