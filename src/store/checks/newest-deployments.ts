import type { Digest } from '../../core/image/digest.ts';
import type { NewestDeployment } from '../../core/outcome/joined-deployment.ts';
import type { Query } from '../sqlite/open-store.ts';
import { isAmong } from '../query/fragments.ts';

/** The newest deployment of each of these services, by the service's id. Services without one are missing. */
export const newestDeployments = async (
  query: Query,
  cluster: string,
  serviceIds: readonly string[],
): Promise<ReadonlyMap<string, NewestDeployment>> => {
  if (serviceIds.length === 0) return new Map();
  const rows = await query
    .selectFrom('deployments')
    .select(['id', 'service_id', 'to_digest', 'state'])
    .where('id', 'in', (eb) =>
      eb
        .selectFrom('deployments as one')
        .select((max) => max.fn.max('one.id').as('id'))
        .where('one.cluster', '=', cluster)
        .where((one) => isAmong(one.ref('one.service_id'), serviceIds))
        .groupBy('one.service_id'),
    )
    .execute();
  return new Map(
    rows.map(({ id, service_id, to_digest, state }) => [
      service_id,
      { id, to: to_digest as Digest | null, state },
    ]),
  );
};
