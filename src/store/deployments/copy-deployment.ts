import type { Insertable } from 'kysely';
import type { Query } from '../sqlite/open-store.ts';
import type { DeploymentRow } from '../tables/deployments.ts';

type Differing = Partial<Insertable<DeploymentRow>> & { readonly id: string };

/** Adds a copy of a deployment with the changes in `differing` and the same triggers. Call it in a transaction. */
export const copyDeployment = async (
  query: Query,
  of: string,
  differing: Differing,
): Promise<void> => {
  const row = await query
    .selectFrom('deployments')
    .selectAll()
    .where('id', '=', of)
    .executeTakeFirstOrThrow();
  await query
    .insertInto('deployments')
    .values({ ...row, ...differing })
    .execute();
  await query
    .insertInto('triggers')
    .columns(['deployment_id', 'kind', 'source', 'at'])
    .expression((eb) =>
      eb
        .selectFrom('triggers')
        .select((one) => [one.val(differing.id).as('deployment_id'), 'kind', 'source', 'at'])
        .where('deployment_id', '=', of),
    )
    .execute();
  await copyChecks(query, of, differing.id);
};

/** Makes every check that leads to one deployment lead to another too, as its follow-up. */
export const copyChecks = async (query: Query, of: string, to: string): Promise<void> => {
  await query
    .insertInto('check_deployments')
    .columns(['check_id', 'deployment_id'])
    .expression((eb) =>
      eb
        .selectFrom('check_deployments')
        .select((one) => ['check_id', one.val(to).as('deployment_id')])
        .where('deployment_id', '=', of),
    )
    .onConflict((conflict) => conflict.doNothing())
    .execute();
};
