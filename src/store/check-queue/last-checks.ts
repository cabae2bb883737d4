import type { Db, Query } from '../sqlite/open-store.ts';
import { isAmong } from '../query/fragments.ts';

/** A repository on a cluster. */
export type Repository = { readonly cluster: string; readonly name: string };

/** A last check only matters while its burst lasts, which is seconds. */
const KEPT_MS = 3_600_000;

/** Records when a check of a repository began, as part of the transaction that begins it. */
export const recordCheckBegun = async (
  query: Query,
  { cluster, name }: Repository,
  now: number,
): Promise<void> => {
  await query
    .insertInto('repositories')
    .values({ cluster, name, last_check_at: now })
    .onConflict((conflict) =>
      conflict.columns(['cluster', 'name']).doUpdateSet({ last_check_at: now }),
    )
    .execute();
};

/** When the last check of each of these began, ms since the epoch, by `cluster name`. */
export const readLastChecks = async (
  query: Query,
  of: readonly Repository[],
): Promise<ReadonlyMap<string, number>> => {
  const rows = await query
    .selectFrom('repositories')
    .selectAll()
    .where((eb) => isAmong(eb.ref('cluster'), [...new Set(of.map(({ cluster }) => cluster))]))
    .where((eb) => isAmong(eb.ref('name'), [...new Set(of.map(({ name }) => name))]))
    .execute();
  return new Map(rows.map((row) => [`${row.cluster} ${row.name}`, row.last_check_at]));
};

export const pruneLastChecks = async (db: Db, now: number): Promise<void> => {
  await db
    .deleteFrom('repositories')
    .where('last_check_at', '<', now - KEPT_MS)
    .execute();
};
