import type { Db } from '../sqlite/open-store.ts';

/** Removes the check results of pushes that were removed, and the platforms of digests that no check shows. */
export const pruneChecks = async (db: Db): Promise<void> => {
  await db
    .deleteFrom('checks')
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom('push_results')
            .select('push_results.push_id')
            .whereRef('push_results.check_id', '=', 'checks.id'),
        ),
      ),
    )
    .execute();
  await db
    .deleteFrom('index_members')
    .where('digest', 'not in', (eb) => eb.selectFrom('check_digests').select('digest'))
    .execute();
};
