import { setImmediate as nextTurn } from 'node:timers/promises';
import type { PageRequest } from '../../core/contract/list-filters.ts';
import type { Db } from './db.ts';

/** Number of deployments that one statement reads: 2 ms, so a webhook never waits longer for a search. */
const SLICE = 500;
/** Maximum number of slices for one answer. The next page continues there. */
const MOST_SLICES = 60;

/**
 * Searches deployments from the newest on with one short statement after another, and lets other work run in between.
 * `read` returns the matches of a slice: below `after`, down to and including `down`; null is no limit. If the maximum
 * is reached first, `next` continues after the searched part, however few were found.
 */
export const searchInSlices = async <Row extends { readonly id: string }>(
  db: Db,
  { limit, after }: PageRequest,
  read: (after: string | null, down: string | null, limit: number) => Promise<readonly Row[]>,
): Promise<{ readonly rows: readonly Row[]; readonly next: string | null }> => {
  const rows: Row[] = [];
  let from = after;
  for (let slice = 0; slice < MOST_SLICES; slice += 1) {
    const down = await sliceEnd(db, from);
    rows.push(...(await read(from, down, limit + 1 - rows.length)));
    if (rows.length > limit) {
      const shown = rows.slice(0, limit);
      return { rows: shown, next: shown.at(-1)?.id ?? null };
    }
    if (down === null) return { rows, next: null };
    from = down;
    await nextTurn();
  }
  return { rows, next: from };
};

/** The id of the last deployment of a slice that begins below `from`; null for the last slice. */
const sliceEnd = async (db: Db, from: string | null): Promise<string | null> => {
  let query = db.selectFrom('deployments').select('id');
  if (from !== null) query = query.where('id', '<', from);
  const row = await query
    .orderBy('id', 'desc')
    .offset(SLICE - 1)
    .limit(1)
    .executeTakeFirst();
  return row?.id ?? null;
};
