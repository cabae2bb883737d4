import type { Query } from '../sqlite/open-store.ts';

/** Selects the ids of the deployments that the checks of a delivery's pushes queued or joined. */
export const deploymentsOfDelivery = (query: Query, delivery: string) =>
  query
    .selectFrom('check_deployments')
    .innerJoin('push_results', 'push_results.check_id', 'check_deployments.check_id')
    .innerJoin('pushes', 'pushes.id', 'push_results.push_id')
    .select('check_deployments.deployment_id')
    .where('pushes.delivery_id', '=', delivery);

/**
 * The ids of the deployments that each of these deliveries led to, oldest first. A deployment keeps only the first and
 * the newest of its deliveries. The others find it through the check of their pushes.
 */
export const deploymentsOfDeliveries = async (
  query: Query,
  deliveries: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> => {
  const checked = await query
    .selectFrom('check_deployments')
    .innerJoin('push_results', 'push_results.check_id', 'check_deployments.check_id')
    .innerJoin('pushes', 'pushes.id', 'push_results.push_id')
    .innerJoin('deployments', 'deployments.id', 'check_deployments.deployment_id')
    .select(['pushes.delivery_id as delivery', 'deployments.id as deployment'])
    .where('pushes.delivery_id', 'in', deliveries)
    .execute();
  const remembered = await query
    .selectFrom('triggers')
    .select(['source as delivery', 'deployment_id as deployment'])
    .where('kind', '=', 'hook')
    .where('source', 'in', deliveries)
    .execute();
  const found = Map.groupBy([...checked, ...remembered], ({ delivery }) => delivery);
  return new Map(
    [...found].map(([delivery, rows]) => [
      delivery,
      [...new Set(rows.map(({ deployment }) => deployment))].toSorted(),
    ]),
  );
};

/** Whether a check of a push on a cluster queued or joined a deployment, or one that it repeats. */
export const hasLedTo = async (
  query: Query,
  { push, cluster }: { readonly push: number; readonly cluster: string },
  deployment: string,
): Promise<boolean> => {
  const row = await query
    .selectFrom('push_results')
    .innerJoin('check_deployments', 'check_deployments.check_id', 'push_results.check_id')
    .select('push_results.push_id')
    .where('push_results.push_id', '=', push)
    .where('push_results.cluster', '=', cluster)
    .where('check_deployments.deployment_id', '=', deployment)
    .executeTakeFirst();
  return row !== undefined;
};
