import type { Expression, ExpressionBuilder, SqlBool } from 'kysely';
import type { Within } from '../../core/contract/list-filters.ts';
import type { Db } from '../query/db.ts';
import type { Tables } from '../tables/tables.ts';

export const isWithin = (
  eb: ExpressionBuilder<Tables, 'deployments'>,
  { clusters, stacks }: Within,
): Expression<SqlBool> =>
  eb.and([eb('cluster', 'in', clusters), ...(stacks === null ? [] : [eb('stack', 'in', stacks)])]);

/** Every cluster and stack that has deployments. */
export const deploymentPlaces = (
  db: Db,
): Promise<readonly { readonly cluster: string; readonly stack: string | null }[]> =>
  db.selectFrom('deployments').select(['cluster', 'stack']).distinct().execute();

/** Services and images, with their tags, of the deployments in a scope. */
export const deployedWithin = async (
  db: Db,
  within: Within,
): Promise<
  readonly { readonly cluster: string; readonly service: string; readonly image: string }[]
> => {
  const rows = await db
    .selectFrom('deployments')
    .select(['cluster', 'service_name', 'name', 'tag'])
    .distinct()
    .where((eb) => isWithin(eb, within))
    .execute();
  return rows.map(({ cluster, service_name, name, tag }) => ({
    cluster,
    service: service_name,
    image: `${name}:${tag}`,
  }));
};

/** The deployments among these that are in a scope. */
export const keepWithin = async (
  db: Db,
  ids: readonly string[],
  within: Within,
): Promise<ReadonlySet<string>> => {
  if (ids.length === 0) return new Set();
  const rows = await db
    .selectFrom('deployments')
    .select('id')
    .where('id', 'in', ids)
    .where((eb) => isWithin(eb, within))
    .execute();
  return new Set(rows.map(({ id }) => id));
};
