import type { Digest } from '../../core/image/digest.ts';
import type { SeenDigest } from '../../core/policy/gates/candidates.ts';
import type { Db, Query } from '../query/db.ts';
import type { NewLookup } from './new-lookup.ts';
import { isAmong } from '../query/fragments.ts';
import { relaxed } from '../sqlite/relaxed.ts';

/**
 * Records which tags have moved to another digest, as part of the caller's transaction and before the answers
 * themselves are recorded. A digest that returns keeps the time when it was first seen.
 *
 * @param now ms since the epoch
 */
export const recordSeen = async (
  query: Query,
  answers: readonly NewLookup[],
  now: number,
): Promise<void> => {
  const shown = answers.flatMap(({ name, tag, lookup, askedAt }) =>
    lookup.kind === 'published' ? [{ name, tag, digest: lookup.digest, askedAt }] : [],
  );
  if (shown.length === 0) return;
  const names = [...new Set(shown.map(({ name }) => name))];
  const before = await query
    .selectFrom('published')
    .select(['name', 'tag', 'digest', 'checked_at'])
    .where((eb) => isAmong(eb.ref('name'), names))
    .execute();
  const last = new Map(before.map((row) => [`${row.name}:${row.tag}`, row]));
  for (const { name, tag, digest, askedAt } of shown) {
    const known = last.get(`${name}:${tag}`);
    if (known?.digest === digest) continue;
    // This request is older than the stored answer.
    if (known !== undefined && askedAt < known.checked_at && known.checked_at <= now) continue;
    await addSeen(query, { name, tag, digest }, now);
  }
};

type SeenKey = { readonly name: string; readonly tag: string; readonly digest: Digest };

const addSeen = async (
  query: Query,
  { name, tag, digest }: SeenKey,
  now: number,
): Promise<void> => {
  const newest = await query
    .selectFrom('seen_digests')
    .select((eb) => eb.fn.max('appeared_at').as('at'))
    .where('name', '=', name)
    .where('tag', '=', tag)
    .executeTakeFirst();
  // Whatever the clock says, it appeared after the earlier ones.
  const appearedAt = Math.max(now, (newest?.at ?? 0) + 1);
  await query
    .insertInto('seen_digests')
    .values({ name, tag, digest, first_seen_at: now, appeared_at: appearedAt, gone_at: null })
    .onConflict((conflict) =>
      conflict
        .columns(['name', 'tag', 'digest'])
        .doUpdateSet({ appeared_at: appearedAt, gone_at: null }),
    )
    .execute();
};

/**
 * Records the digest that a service runs as older than what its tag shows, if the tag was never seen with it.
 * Everything that the tag shows from now on is then known to be newer.
 */
export const recordRan = async (
  query: Query,
  { name, tag, digest, shown }: SeenKey & { readonly shown: Digest },
  now: number,
): Promise<void> => {
  const row = await query
    .selectFrom('seen_digests')
    .select('appeared_at')
    .where('name', '=', name)
    .where('tag', '=', tag)
    .where('digest', '=', shown)
    .executeTakeFirst();
  if (row === undefined) return;
  await query
    .insertInto('seen_digests')
    .values({
      name,
      tag,
      digest,
      first_seen_at: now,
      appeared_at: row.appeared_at - 1,
      gone_at: null,
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
};

/** The digests that the tags of these repositories were seen with, by repository. */
export const readSeen = async (
  db: Query,
  names: readonly string[],
): Promise<ReadonlyMap<string, readonly SeenDigest[]>> => {
  if (names.length === 0) return new Map();
  const rows = await db
    .selectFrom('seen_digests')
    .selectAll()
    .where((eb) => isAmong(eb.ref('name'), names))
    .execute();
  const seen = rows.map((row) => ({
    name: row.name,
    tag: row.tag,
    // Only valid digests are stored.
    digest: row.digest as Digest,
    firstSeenAt: row.first_seen_at,
    appearedAt: row.appeared_at,
    isGone: row.gone_at !== null,
  }));
  return Map.groupBy(seen, ({ name }) => name);
};

/**
 * The digests that a tag was seen with after this one and that its registry still has, oldest first. Empty if the tag
 * was never seen with this one.
 */
export const seenAfter = async (
  query: Query,
  { name, tag, digest }: SeenKey,
): Promise<readonly Digest[]> => {
  const rows = await query
    .selectFrom('seen_digests')
    .select(['digest', 'appeared_at', 'gone_at'])
    .where('name', '=', name)
    .where('tag', '=', tag)
    .orderBy('appeared_at')
    .execute();
  const at = rows.findIndex((row) => row.digest === digest);
  const later = at === -1 ? [] : rows.slice(at + 1);
  // Only valid digests are stored.
  return later.flatMap((row) => (row.gone_at === null ? [row.digest as Digest] : []));
};

/** Records that a registry no longer has a digest. Not fsynced: the registry can be asked again. */
export const markGone = (db: Db, { name, tag, digest }: SeenKey, now: number): Promise<void> =>
  relaxed(db, async (query) => {
    await query
      .updateTable('seen_digests')
      .set({ gone_at: now })
      .where('name', '=', name)
      .where('tag', '=', tag)
      .where('digest', '=', digest)
      .execute();
  });

/** Removes what appeared before a time, except the newest of each tag: later digests are known to be newer than it. */
export const pruneSeen = async (db: Db, before: number): Promise<number> => {
  const { numDeletedRows } = await db
    .deleteFrom('seen_digests')
    .where('appeared_at', '<', before)
    .where((eb) =>
      eb.exists(
        eb
          .selectFrom('seen_digests as later')
          .select('later.digest')
          .whereRef('later.name', '=', 'seen_digests.name')
          .whereRef('later.tag', '=', 'seen_digests.tag')
          .where('later.appeared_at', '<', before)
          .whereRef('later.appeared_at', '>', 'seen_digests.appeared_at'),
      ),
    )
    .executeTakeFirst();
  return Number(numDeletedRows);
};
