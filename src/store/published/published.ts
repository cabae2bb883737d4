import type { Expression, ExpressionBuilder, Insertable } from 'kysely';
import type { Digest } from '../../core/image/digest.ts';
import type { LookupFailure } from '../../core/image/published.ts';
import { recordSeen } from './seen-digests.ts';
import { recordMembers } from './seen-indexes.ts';
import { readOptionalJson } from '../query/json.ts';
import type { Query } from '../query/db.ts';
import { inParts } from '../query/in-parts.ts';
import type { PublishedRow } from '../tables/published.ts';
import type { NewLookup } from './new-lookup.ts';

/** A registry's last answer for a tag. A failure keeps the digest that was seen before it. */
export type LastLookup = {
  readonly digest: Digest | null;
  /** Platform manifests of the digest; empty if they were not read. */
  readonly members: readonly Digest[];
  /** Empty if unknown. */
  readonly mediaType: string;
  readonly failure: LookupFailure | null;
  readonly detail: string | null;
  /** ms since the epoch. */
  readonly checkedAt: number;
};

/**
 * Records the registries' answers, each image at most once in the list. An answer to an earlier request than the stored
 * one is outdated and changes nothing.
 *
 * @param now ms since the epoch
 */
export const recordLookups = async (
  query: Query,
  answers: readonly NewLookup[],
  now: number,
): Promise<void> => {
  const rows = answers.map(({ name, tag, lookup, members, askedAt }) => {
    const isPublished = lookup.kind === 'published';
    return {
      name,
      tag,
      digest: isPublished ? lookup.digest : null,
      members: isPublished && members !== null ? JSON.stringify(members) : null,
      media_type: isPublished ? lookup.mediaType || null : null,
      failure: isPublished ? null : lookup.reason,
      detail: isPublished ? null : lookup.detail,
      checked_at: askedAt,
    };
  });
  await recordSeen(query, answers, now);
  for (const some of inParts(rows)) await upsertPublished(query, some, now);
  const indexes = answers.flatMap(({ lookup, members }) =>
    lookup.kind === 'published' && members !== null ? [{ digest: lookup.digest, members }] : [],
  );
  await recordMembers(query, indexes, now);
};

/** The new value for the digest, or else the stored one. */
const newestOf = (eb: Answered, column: 'members' | 'media_type'): Expression<string | null> =>
  eb
    .case()
    .when(`excluded.${column}`, 'is not', null)
    .then(eb.ref(`excluded.${column}`))
    .when(
      eb.or([
        eb('excluded.digest', 'is', null),
        eb('excluded.digest', '=', eb.ref('published.digest')),
      ]),
    )
    .then(eb.ref(`published.${column}`))
    .else(null)
    .end();

type Answered = ExpressionBuilder<
  { readonly published: PublishedRow; readonly excluded: PublishedRow },
  'published' | 'excluded'
>;

/**
 * A failure keeps what was seen before it; stored members belong to the stored digest. A stored request time in the
 * future comes from before the clock was set back.
 */
const upsertPublished = (
  query: Query,
  rows: readonly Insertable<PublishedRow>[],
  now: number,
): Promise<unknown> =>
  query
    .insertInto('published')
    .values(rows)
    .onConflict((conflict) =>
      conflict
        .columns(['name', 'tag'])
        .doUpdateSet((eb) => ({
          members: newestOf(eb, 'members'),
          media_type: newestOf(eb, 'media_type'),
          digest: eb.fn.coalesce('excluded.digest', 'published.digest'),
          failure: eb.ref('excluded.failure'),
          detail: eb.ref('excluded.detail'),
          checked_at: eb.ref('excluded.checked_at'),
        }))
        .where((eb) =>
          eb.or([
            eb('excluded.checked_at', '>=', eb.ref('published.checked_at')),
            eb('published.checked_at', '>', now),
          ]),
        ),
    )
    .execute();

/** The remembered part of a registry's answer: everything but the time to wait. */
export type RememberedLookup = Pick<NewLookup, 'lookup' | 'members' | 'askedAt'>;

/** The answers by `name:tag` of registries that were asked at `since` or later, ms since the epoch. */
export const readLookupsSince = async (
  query: Query,
  since: number,
): Promise<ReadonlyMap<string, RememberedLookup>> => {
  const rows = await query
    .selectFrom('published')
    .selectAll()
    .where('checked_at', '>=', since)
    .execute();
  const remembered = rows.flatMap((row): [string, RememberedLookup][] => {
    const key = `${row.name}:${row.tag}`;
    const askedAt = row.checked_at;
    if (row.failure !== null) {
      const { failure, detail } = row;
      const reason = failure as LookupFailure;
      const lookup = { kind: 'failed', reason, detail: detail ?? '', retryAfterMs: null } as const;
      return [[key, { lookup, members: null, askedAt }]];
    }
    if (row.digest === null) return [];
    const digest = row.digest as Digest;
    const lookup = { kind: 'published', digest, mediaType: row.media_type ?? '' } as const;
    return [[key, { lookup, members: readOptionalJson<Digest[]>(row.members), askedAt }]];
  });
  return new Map(remembered);
};

/** The digest that a tag was last seen with, or null if it was never seen. */
export const readPublished = async (
  db: Query,
  { name, tag }: { readonly name: string; readonly tag: string },
): Promise<Digest | null> => {
  const row = await db
    .selectFrom('published')
    .select('digest')
    .where('name', '=', name)
    .where('tag', '=', tag)
    .executeTakeFirst();
  // Only valid digests are stored.
  return (row?.digest ?? null) as Digest | null;
};

/** The last answer for one tag, or null if it was never looked up. */
export const readLastAnswer = async (
  db: Query,
  { name, tag }: { readonly name: string; readonly tag: string },
): Promise<Pick<LastLookup, 'digest' | 'failure' | 'checkedAt'> | null> => {
  const row = await db
    .selectFrom('published')
    .select(['digest', 'failure', 'checked_at'])
    .where('name', '=', name)
    .where('tag', '=', tag)
    .executeTakeFirst();
  if (row === undefined) return null;
  const { failure, checked_at: checkedAt } = row;
  return {
    digest: row.digest as Digest | null,
    failure: failure as LookupFailure | null,
    checkedAt,
  };
};

/** The last answers by `name:tag`. */
export const readLookups = async (db: Query): Promise<ReadonlyMap<string, LastLookup>> => {
  const rows = await db.selectFrom('published').selectAll().execute();
  return new Map(
    rows.map((row) => [
      `${row.name}:${row.tag}`,
      {
        digest: row.digest as Digest | null,
        members: readOptionalJson<Digest[]>(row.members) ?? [],
        mediaType: row.media_type ?? '',
        failure: row.failure as LookupFailure | null,
        detail: row.detail,
        checkedAt: row.checked_at,
      },
    ]),
  );
};
