import type { Digest } from '../core/digest.ts';
import type { LookUp, LookUpFailure } from '../core/published.ts';
import type { Query } from './open-store.ts';

/** The last answer of a registry for a tag. A failure keeps the digest that was seen before it. */
export type LastLookUp = {
  readonly digest: Digest | null;
  readonly failure: LookUpFailure | null;
  readonly detail: string | null;
  /** ms since the epoch. */
  readonly checkedAt: number;
};

export const recordLookUp = async (
  query: Query,
  name: string,
  tag: string,
  lookUp: LookUp,
  now: number,
): Promise<void> => {
  const values =
    lookUp.kind === 'published'
      ? { digest: lookUp.digest, failure: null, detail: null, checked_at: now }
      : { failure: lookUp.reason, detail: lookUp.detail, checked_at: now };
  await query
    .insertInto('published')
    .values({ name, tag, ...values })
    .onConflict((conflict) => conflict.columns(['name', 'tag']).doUpdateSet(values))
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
        failure: row.failure as LookUpFailure | null,
        detail: row.detail,
        checkedAt: row.checked_at,
      },
    ]),
  );
};
