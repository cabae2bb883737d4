import type { Query } from '../open-store.ts';

/** Selects the ids of the deployments that the checks of a delivery's pushes queued or joined. */
export const deploymentsOfDelivery = (query: Query, delivery: string) =>
  query
    .selectFrom('check_deployments')
    .innerJoin('push_results', 'push_results.check_id', 'check_deployments.check_id')
    .innerJoin('pushes', 'pushes.id', 'push_results.push_id')
    .select('check_deployments.deployment_id')
    .where('pushes.delivery_id', '=', delivery);
