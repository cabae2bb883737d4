import { sql } from 'kysely';
import type { Db } from './open-store.ts';

const DETAIL = 'the cluster is no longer in the configuration';

/**
 * Ends the pushes that wait for a cluster that is none of `clusters` any more, and forgets its looks:
 * nobody would ever take them up, and they would count in the backlog for ever. What was deployed
 * stays so. To be called once, at the start.
 *
 * @param now ms since the epoch
 */
export const endUnconfigured = async (
  db: Db,
  clusters: readonly string[],
  now: number,
): Promise<{ readonly pushes: number; readonly clusters: readonly string[] }> =>
  db.transaction().execute(async (query) => {
    const gone = await query
      .selectFrom('push_results')
      .select((eb) => ['cluster', eb.fn.countAll<number>().as('pushes')])
      .where('state', '=', 'waiting')
      .where('cluster', 'not in', clusters)
      .groupBy('cluster')
      .execute();
    if (gone.length > 0) {
      await query
        .updateTable('push_results')
        .set({
          state: 'done',
          outcome: sql`CASE WHEN outcome IS 'deployed' THEN 'deployed' ELSE 'given-up' END`,
          detail: DETAIL,
          ended_at: now,
        })
        .where('state', '=', 'waiting')
        .where('cluster', 'not in', clusters)
        .execute();
    }
    await query.deleteFrom('look_work').where('cluster', 'not in', clusters).execute();
    return {
      pushes: gone.reduce((sum, { pushes }) => sum + pushes, 0),
      clusters: gone.map(({ cluster }) => cluster),
    };
  });
