import { rfc3339 } from '../query/json.ts';
import type { Db } from '../sqlite/open-store.ts';

export type SecretUse = {
  /** That it let in and that are kept. */
  readonly deliveries: number;
  /** RFC 3339. */
  readonly lastAt: string;
};

/** What each secret of hooks was used for, by its name; one that never was is not there. */
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
