import type { Digest } from '../../core/image/digest.ts';
import type { Query } from '../sqlite/open-store.ts';

/** A tag, with the digest that a service ran under it. */
export type Ran = { readonly tag: string; readonly digest: Digest };

/** Maximum number of deployments of one service that are searched for what it ran. */
const MOST_LOOKED_BACK = 100;

/** What a service ran, deployed or found by the helper, latest first. */
export const readRan = async (
  db: Query,
  cluster: string,
  serviceId: string,
): Promise<readonly Ran[]> => {
  const rows = await db
    .selectFrom('deployments')
    .select(['tag', 'to_digest', 'from_tag', 'from_digest'])
    .where('cluster', '=', cluster)
    .where('service_id', '=', serviceId)
    .where('state', '=', 'succeeded')
    .orderBy('id', 'desc')
    .limit(MOST_LOOKED_BACK)
    .execute();
  return rows.flatMap((row) =>
    [
      { tag: row.tag, digest: row.to_digest },
      { tag: row.from_tag ?? row.tag, digest: row.from_digest },
    ].flatMap(({ tag, digest }) => (digest === null ? [] : [{ tag, digest: digest as Digest }])),
  );
};
