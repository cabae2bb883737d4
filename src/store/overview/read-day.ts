import type { DayView } from '../../core/contract/overview.ts';
import type { Scope } from '../../core/contract/scope.ts';
import type { DeploymentState } from '../../core/contract/views.ts';
import { lowestIdAt } from '../../core/time-ordered-id.ts';
import type { Db } from '../query/db.ts';
import { isPlaceWithin } from './place-within.ts';

export const DAY_MS = 86_400_000;

/** The median is of the newest of the day: so many say it well enough, whatever happened that day. */
const MOST_TIMED = 500;

const medianOf = (values: readonly number[]): number | null => {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? null;
};

/**
 * One day's deployments, by the time in their ids, as two short queries: a whole month at once would keep the only
 * connection of a SQLite store busy.
 *
 * @param from start of the day, ms since the epoch
 * @param within null limits nothing
 */
export const readDay = async (db: Db, from: number, within: Scope | null): Promise<DayView> => {
  const first = lowestIdAt(from);
  const after = lowestIdAt(from + DAY_MS);
  const rows = await db
    .selectFrom('deployments')
    .select((eb) => ['cluster', 'stack', 'state', eb.fn.countAll<number>().as('count')])
    .where('id', '>=', first)
    .where('id', '<', after)
    .groupBy(['cluster', 'stack', 'state'])
    .execute();
  const counted = rows.filter(isPlaceWithin(within));
  const countOf = (wanted: DeploymentState): number =>
    counted.filter(({ state }) => state === wanted).reduce((sum, { count }) => sum + count, 0);
  const succeeded = countOf('succeeded');
  const failures = countOf('failed') + countOf('rolled-back');
  return {
    day: new Date(from).toISOString().slice(0, 10),
    deployments: succeeded + failures,
    failures,
    medianSeconds: succeeded === 0 ? null : medianOf(await readTimes(db, first, after, within)),
  };
};

/** Seconds from the first push to the verified end, of the newest that succeeded. */
const readTimes = async (
  db: Db,
  first: string,
  after: string,
  within: Scope | null,
): Promise<readonly number[]> => {
  const rows = await db
    .selectFrom('deployments')
    .select((eb) => [
      'cluster',
      'stack',
      'ended_at',
      // A subquery for each row: joined, SQLite reads all triggers of the store.
      eb
        .selectFrom('triggers')
        .innerJoin('deliveries', 'deliveries.id', 'triggers.source')
        .select((of) => of.fn.min('deliveries.received_at').as('at'))
        .whereRef('triggers.deployment_id', '=', 'deployments.id')
        .where('triggers.kind', '=', 'hook')
        .as('pushed_at'),
    ])
    .where('id', '>=', first)
    .where('id', '<', after)
    .where('state', '=', 'succeeded')
    .orderBy('id', 'desc')
    .limit(MOST_TIMED)
    .execute();
  return rows
    .filter(isPlaceWithin(within))
    .flatMap(({ ended_at, pushed_at }) =>
      ended_at === null || pushed_at === null ? [] : [Math.max(0, ended_at - pushed_at) / 1_000],
    );
};
