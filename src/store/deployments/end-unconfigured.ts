import { type DeploymentEnd, endDeployment } from './deployments.ts';
import { IS_QUEUED, IS_UNDER_WAY } from '../query/open-states.ts';
import type { Db, Query } from '../sqlite/open-store.ts';

const DETAIL = 'the cluster is no longer in the configuration';

/**
 * Ends the pushes and deployments that wait for a cluster that is no longer in `clusters`, and removes its checks:
 * nobody would process them, runs would wait for them forever, and a cluster that returned after months would get what
 * was published then. Finished deployments stay. Call it once, at the start.
 *
 * @param now ms since the epoch
 */
export const endUnconfigured = async (
  db: Db,
  clusters: readonly string[],
  now: number,
): Promise<{
  readonly pushes: number;
  readonly deployments: number;
  readonly clusters: readonly string[];
}> =>
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
        .set((eb) => ({
          state: 'done',
          outcome: eb
            .case()
            .when('outcome', '=', 'deployed')
            .then('deployed' as const)
            .else('given-up' as const)
            .end(),
          detail: DETAIL,
          ended_at: now,
        }))
        .where('state', '=', 'waiting')
        .where('cluster', 'not in', clusters)
        .execute();
    }
    await query.deleteFrom('look_work').where('cluster', 'not in', clusters).execute();
    await query.deleteFrom('repositories').where('cluster', 'not in', clusters).execute();
    await query.deleteFrom('waiting').where('cluster', 'not in', clusters).execute();
    await query.deleteFrom('waiting_triggers').where('cluster', 'not in', clusters).execute();
    const deployments = await endDeployments(query, clusters, now);
    return {
      pushes: gone.reduce((sum, { pushes }) => sum + pushes, 0),
      deployments: deployments.length,
      clusters: [...new Set([...gone, ...deployments].map(({ cluster }) => cluster))],
    };
  });

const SKIPPED: DeploymentEnd = { state: 'skipped', reason: 'cluster-removed', failure: null };
/** It may have been sent, and its outcome cannot be determined. */
const UNKNOWN: DeploymentEnd = {
  state: 'failed',
  reason: 'outcome-unknown',
  failure: { message: DETAIL, node: null, nodeName: null, exitCode: null, log: [] },
};

const endDeployments = async (
  query: Query,
  clusters: readonly string[],
  now: number,
): Promise<readonly { readonly cluster: string }[]> => {
  const open = await query
    .selectFrom('deployments')
    .select(['id', 'cluster', 'state'])
    .where((eb) => eb.or([IS_QUEUED, IS_UNDER_WAY]))
    .where('cluster', 'not in', clusters)
    .orderBy('id')
    .execute();
  for (const { id, state } of open) {
    await endDeployment(query, id, state === 'queued' ? SKIPPED : UNKNOWN, now);
  }
  return open;
};
