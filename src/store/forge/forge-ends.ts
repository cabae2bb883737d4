import type { Db, Query } from '../query/db.ts';

/** Leaves word that forges are to be told of an end, as part of the commit that ends the deployment. */
export const noteEndForForges = async (query: Query, deployment: string): Promise<void> => {
  await query
    .insertInto('forge_ends')
    .values({ deployment_id: deployment })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
};

/** Forgets what ended while no forge was configured. */
export const forgetForgeEnds = async (db: Db): Promise<void> => {
  await db.deleteFrom('forge_ends').execute();
};
