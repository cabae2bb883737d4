import type { Digest } from '../../core/image/digest.ts';
import type { DeploymentState } from '../../core/contract/views.ts';
import type { Query } from '../sqlite/open-store.ts';

/** The end of a service's newest deployment that was carried out. */
export type LastEnd = {
  readonly state: Extract<DeploymentState, 'succeeded' | 'failed' | 'rolled-back'>;
  readonly to: Digest | null;
  /** ms since the epoch. */
  readonly endedAt: number;
};

/** By the service's id. */
export const readLastEnds = async (
  db: Query,
  cluster: string,
): Promise<ReadonlyMap<string, LastEnd>> => {
  const rows = await db
    .selectFrom('deployments')
    .select(['service_id', 'to_digest', 'state', 'ended_at'])
    .where('id', 'in', (newest) =>
      newest
        .selectFrom('deployments')
        .select((eb) => eb.fn.max('id').as('id'))
        .where('cluster', '=', cluster)
        .where('state', 'in', ['succeeded', 'failed', 'rolled-back'])
        .groupBy('service_id'),
    )
    .execute();
  return new Map(
    rows.map((row) => [
      row.service_id,
      {
        state: row.state as LastEnd['state'],
        to: row.to_digest as Digest | null,
        endedAt: row.ended_at ?? 0,
      },
    ]),
  );
};
