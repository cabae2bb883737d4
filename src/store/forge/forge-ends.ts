import type { Db, Query } from '../query/db.ts';

/** Records that forges must be told of an end, as part of the commit that ends the deployment. */
export const noteEndForForges = async (query: Query, deployment: string): Promise<void> => {
  await query
    .insertInto('forge_ends')
    .values({ deployment_id: deployment })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
};

/** Removes the ends from the time when no forge was configured. */
export const forgetForgeEnds = async (db: Db): Promise<void> => {
  await db.deleteFrom('forge_ends').execute();
};
