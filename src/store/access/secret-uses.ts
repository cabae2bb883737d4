import { rfc3339 } from '../query/json.ts';
import type { Db } from '../sqlite/open-store.ts';

export type SecretUse = {
  /** Number of stored deliveries that it admitted. */
  readonly deliveries: number;
  /** RFC 3339. */
  readonly lastAt: string;
};

/** The use of each webhook secret, by its name. Unused secrets are missing. */
export const secretUses = async (db: Db): Promise<ReadonlyMap<string, SecretUse>> => {
  const rows = await db
    .selectFrom('deliveries')
    .select((eb) => [
      'secret',
      eb.fn.countAll<number>().as('deliveries'),
      eb.fn.max('received_at').as('lastAt'),
    ])
    .groupBy('secret')
    .execute();
  return new Map(
    rows.map(({ secret, deliveries, lastAt }) => [secret, { deliveries, lastAt: rfc3339(lastAt) }]),
  );
};
