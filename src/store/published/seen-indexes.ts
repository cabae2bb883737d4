import type { Digest } from '../../core/image/digest.ts';
import { readJson } from '../query/json.ts';
import type { Query } from '../sqlite/open-store.ts';
import { inParts } from '../query/in-parts.ts';

/** Enough for a few years of releases of many services. The oldest are removed first. */
export const MOST_INDEXES = 20_000;

/** Records the members of indexes, which never change. */
export const recordMembers = async (
  query: Query,
  indexes: readonly { readonly digest: Digest; readonly members: readonly Digest[] }[],
  now: number,
): Promise<void> => {
  const rows = indexes
    .filter(({ members }) => members.length > 0)
    .map(({ digest, members }) => ({ digest, members: JSON.stringify(members), seen_at: now }));
  for (const some of inParts(rows)) {
    await query
      .insertInto('seen_indexes')
      .values(some)
      .onConflict((conflict) => conflict.column('digest').doNothing())
      .execute();
  }
};

/** The platform manifests of an index; null if it was never read. */
export const readMembers = async (
  query: Query,
  digest: Digest,
): Promise<readonly Digest[] | null> => {
  const row = await query
    .selectFrom('seen_indexes')
    .select('members')
    .where('digest', '=', digest)
    .executeTakeFirst();
  // Only valid digests are stored.
  return row === undefined ? null : readJson<Digest[]>(row.members);
};

/** Removes the oldest beyond {@link MOST_INDEXES}. */
export const pruneMembers = async (query: Query, most = MOST_INDEXES): Promise<void> => {
  await query
    .deleteFrom('seen_indexes')
    .where('digest', 'in', (eb) =>
      eb
        .selectFrom('seen_indexes as old')
        .select('old.digest')
        .orderBy('old.seen_at', 'desc')
        .limit(1_000_000)
        .offset(most),
    )
    .execute();
};
