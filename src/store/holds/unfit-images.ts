import type { Digest } from '../../core/image/digest.ts';
import type { Platform } from '../../core/image/published.ts';
import { readOptionalJson } from '../query/json.ts';
import type { Db, Query } from '../sqlite/open-store.ts';
import { relaxed } from '../sqlite/relaxed.ts';

/** More than anyone pushes by mistake. The oldest are removed first. */
const MOST_UNFIT = 1_000;

/**
 * The platforms of images that once had no fitting node; null if they could not be read. Whether they fit now depends
 * on the nodes of the cluster and on the service.
 */
export type UnfitImages = ReadonlyMap<Digest, readonly Platform[] | null>;

/** Records an image that no node could run. Not fsynced: after a host crash it is determined again. */
export const recordUnfit = (
  db: Db,
  digest: Digest,
  platforms: readonly Platform[] | null,
  now: number,
): Promise<void> =>
  relaxed(db, async (query) => {
    const read = { platforms: JSON.stringify(platforms), seen_at: now };
    await query
      .insertInto('unfit_images')
      .values({ digest, ...read })
      .onConflict((conflict) => conflict.column('digest').doUpdateSet(read))
      .execute();
  });

export const readUnfit = async (query: Query): Promise<UnfitImages> => {
  const rows = await query.selectFrom('unfit_images').select(['digest', 'platforms']).execute();
  // Only valid digests are stored.
  return new Map(
    rows.map((row) => [row.digest as Digest, readOptionalJson<readonly Platform[]>(row.platforms)]),
  );
};

/** Removes the oldest beyond {@link MOST_UNFIT}. */
export const pruneUnfit = async (query: Query, most = MOST_UNFIT): Promise<void> => {
  await query
    .deleteFrom('unfit_images')
    .where('digest', 'in', (eb) =>
      eb
        .selectFrom('unfit_images as old')
        .select('old.digest')
        .orderBy('old.seen_at', 'desc')
        .limit(1_000_000)
        .offset(most),
    )
    .execute();
};
