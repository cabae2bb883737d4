import type { Digest } from '../core/digest.ts';
import type { LookUp, LookUpFailure } from '../core/published.ts';
import { readOptionalJson } from './json.ts';
import type { Query } from './open-store.ts';

/** The last answer of a registry for a tag. A failure keeps the digest that was seen before it. */
export type LastLookUp = {
  readonly digest: Digest | null;
  /** Platform manifests of the digest; empty where they were not read. */
  readonly members: readonly Digest[];
  readonly failure: LookUpFailure | null;
  readonly detail: string | null;
  /** ms since the epoch. */
  readonly checkedAt: number;
};

/** `members` are the platform manifests of the published digest, null where they were not read. */
export const recordLookUp = async (
  query: Query,
  name: string,
  tag: string,
  lookUp: LookUp,
  members: readonly Digest[] | null,
  now: number,
): Promise<void> => {
  if (lookUp.kind === 'failed') {
    const failed = { failure: lookUp.reason, detail: lookUp.detail, checked_at: now };
    await query
      .insertInto('published')
      .values({ name, tag, ...failed })
      .onConflict((conflict) => conflict.columns(['name', 'tag']).doUpdateSet(failed))
      .execute();
    return;
  }
  const { digest } = lookUp;
  const values = { digest, failure: null, detail: null, checked_at: now };
  const read = members === null ? null : JSON.stringify(members);
  await query
    .insertInto('published')
    .values({ name, tag, ...values, members: read })
    .onConflict((conflict) =>
      conflict.columns(['name', 'tag']).doUpdateSet((eb) => ({
        ...values,
        // Those that were read before belong to the digest of then.
        members:
          read ??
          eb
            .case()
            .when('published.digest', '=', digest)
            .then(eb.ref('published.members'))
            .else(null)
            .end(),
      })),
    )
    .execute();
};

/** The last answers by `name:tag`. */
export const readLookUps = async (db: Query): Promise<ReadonlyMap<string, LastLookUp>> => {
  const rows = await db.selectFrom('published').selectAll().execute();
  return new Map(
    rows.map((row) => [
      `${row.name}:${row.tag}`,
      {
        digest: row.digest as Digest | null,
        members: readOptionalJson<Digest[]>(row.members) ?? [],
        failure: row.failure as LookUpFailure | null,
        detail: row.detail,
        checkedAt: row.checked_at,
      },
    ]),
  );
};
