import type { Selectable } from 'kysely';
import type { Service } from '../../core/swarm/service.ts';
import type { Hold } from '../../core/verdict/verdict.ts';
import type { PageRequest } from '../../core/contract/list-filters.ts';
import type { FreezeView, Page } from '../../core/contract/views.ts';
import { cutPage } from '../query/cut-page.ts';
import { type CheckSchedule, scheduleCheck } from '../check-queue/check-queue.ts';
import { optionalRfc3339, rfc3339 } from '../query/json.ts';
import type { Query } from '../sqlite/open-store.ts';
import type { FreezeRow } from '../tables/gates.ts';

export type NewFreeze = {
  readonly id: string;
  /** A null field means every one. */
  readonly cluster: string | null;
  readonly stack: string | null;
  readonly service: string | null;
  readonly reason: string;
  readonly by: string;
  /** ms since the epoch; null until somebody ends it. */
  readonly until: number | null;
};

export const addFreeze = async (
  query: Query,
  freeze: NewFreeze,
  now: number,
): Promise<FreezeView> => {
  const { by, ...rest } = freeze;
  const row = await query
    .insertInto('freezes')
    .values({ ...rest, created_by: by, created_at: now, ended_at: null, ended_by: null })
    .returningAll()
    .executeTakeFirstOrThrow();
  return toView(row);
};

/** Returns the freeze that applies to a service. */
export type FindFreeze = (service: Pick<Service, 'name' | 'id' | 'stack'>) => Hold | null;

/** The active freezes of a cluster, read once. */
export const readFreezes = async (db: Query, cluster: string, now: number): Promise<FindFreeze> => {
  const standing = await selectStanding(db, now)
    .where((eb) => eb.or([eb('cluster', 'is', null), eb('cluster', '=', cluster)]))
    .execute();
  // Called for each of thousands of services.
  if (standing.length === 0) return () => null;
  return ({ name, id, stack }) => {
    const found = standing.find(
      (row) =>
        (row.stack === null || row.stack === stack) &&
        (row.service === null || row.service === name || row.service === id),
    );
    if (found === undefined) return null;
    return { kind: 'frozen', reason: found.reason, until: optionalRfc3339(found.until) };
  };
};

const selectStanding = (db: Query, now: number) =>
  db
    .selectFrom('freezes')
    .selectAll()
    .where('ended_at', 'is', null)
    .where((eb) => eb.or([eb('until', 'is', null), eb('until', '>', now)]))
    .orderBy('id');

/** The active freezes, oldest first. */
export const listFreezes = async (
  db: Query,
  page: PageRequest,
  now: number,
): Promise<Page<FreezeView>> => {
  let query = selectStanding(db, now);
  if (page.after !== null) query = query.where('id', '>', page.after);
  const rows = await query.limit(page.limit + 1).execute();
  const { shown, next } = cutPage(rows, page);
  return {
    items: shown.map(toView),
    next,
  };
};

/**
 * Ends a freeze, and makes every push that it kept due now, as part of the caller's transaction. False if there is no
 * such freeze.
 */
export const endFreeze = async (
  query: Query,
  id: string,
  by: string,
  now: number,
): Promise<boolean> => {
  const ended = await query
    .updateTable('freezes')
    .set({ ended_at: now, ended_by: by })
    .where('id', '=', id)
    .where('ended_at', 'is', null)
    .returning('id')
    .executeTakeFirst();
  if (ended === undefined) return false;
  const kept = await query
    .selectFrom('push_results')
    .select(['cluster', 'name'])
    .distinct()
    .where('state', '=', 'waiting')
    .where((eb) =>
      eb.or([
        eb('outcome', '=', 'frozen'),
        // A check in progress may have read the freeze, and would then wait for its end, which is now.
        eb.exists(
          eb
            .selectFrom('look_work')
            .select('look_work.id')
            .whereRef('look_work.cluster', '=', 'push_results.cluster')
            .whereRef('look_work.name', '=', 'push_results.name')
            .where('look_work.state', '=', 'running'),
        ),
      ]),
    )
    .execute();
  const schedule: CheckSchedule = { setAt: now, askedAt: now, attempts: 0, error: null };
  for (const key of kept) await scheduleCheck(query, key, now, schedule);
  return true;
};

const toView = (row: Selectable<FreezeRow>): FreezeView => ({
  id: row.id,
  cluster: row.cluster,
  stack: row.stack,
  service: row.service,
  reason: row.reason,
  by: row.created_by,
  since: rfc3339(row.created_at),
  until: optionalRfc3339(row.until),
});
