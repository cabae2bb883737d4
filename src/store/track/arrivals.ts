import type { Digest } from '../../core/image/digest.ts';
import type { Query } from '../sqlite/open-store.ts';
import { isAmong } from '../query/fragments.ts';

/** When a tag was first pushed with a digest; null stands for pushes without one. */
export type Arrival = {
  readonly tag: string;
  readonly digest: Digest | null;
  /** ms since the epoch. */
  readonly at: number;
};

/** Maximum number of tags of a repository that are shown, the latest pushes first. */
const MOST_ARRIVALS = 5_000;

/** The first pushes of all tags of a repository with each digest, newest first, as far as they are kept. */
export const readAllArrivals = async (db: Query, name: string): Promise<readonly Arrival[]> => {
  const rows = await db
    .selectFrom('pushes')
    .select((eb) => ['tag', 'digest', eb.fn.min('received_at').as('at')])
    .where('name', '=', name)
    .groupBy(['tag', 'digest'])
    .orderBy('at', 'desc')
    .limit(MOST_ARRIVALS)
    .execute();
  return rows.map(({ tag, digest, at }) => ({ tag, digest: digest as Digest | null, at }));
};

/** The first pushes of these tags of a repository, as far as they are kept. */
export const readArrivals = async (
  db: Query,
  name: string,
  tags: readonly string[],
): Promise<readonly Arrival[]> => {
  if (tags.length === 0) return [];
  const rows = await db
    .selectFrom('pushes')
    .select((eb) => ['tag', 'digest', eb.fn.min('received_at').as('at')])
    .where('name', '=', name)
    .where((eb) => isAmong(eb.ref('tag'), tags))
    .groupBy(['tag', 'digest'])
    .execute();
  return rows.map(({ tag, digest, at }) => ({ tag, digest: digest as Digest | null, at }));
};
