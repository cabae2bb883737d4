import type { Scope } from '../../core/contract/scope.ts';
import type { Beginning, RolloutView } from '../../core/contract/overview.ts';
import { OPEN_STATES, type OpenState } from '../../core/contract/views.ts';
import { toRollout } from '../../core/overview/to-rollout.ts';
import { readDeployment } from '../deployments/read-deployments.ts';
import type { Db } from '../query/db.ts';
import { IS_QUEUED, IS_UNDER_WAY } from '../query/open-states.ts';
import { isPlaceWithin } from './place-within.ts';

const isOpenState = (state: string): state is OpenState =>
  OPEN_STATES.some((open) => open === state);

/** More open deployments are hardly read to find the first ones. */
const MOST_OPEN = 5_000;

/**
 * The first open deployments: those in progress, then those that are queued, each the oldest first. The partial indexes
 * find them, however many have ended: for an order in the query, SQLite would read all deployments instead.
 *
 * @param now ms since the epoch
 */
export const readRollouts = async (
  db: Db,
  most: number,
  within: Scope | null,
  now: number,
): Promise<Beginning<RolloutView>> => {
  const query = db
    .selectFrom('deployments')
    .select(['id', 'cluster', 'stack', 'run_at'])
    .limit(MOST_OPEN);
  const parts = await Promise.all([
    query.where(IS_UNDER_WAY).execute(),
    query.where(IS_QUEUED).execute(),
  ]);
  const rows = parts.flatMap((part) =>
    part.filter(isPlaceWithin(within)).toSorted((a, b) => (a.id < b.id ? -1 : 1)),
  );
  const items = await Promise.all(
    rows.slice(0, most).map(async ({ id, run_at }) => {
      const deployment = await readDeployment(db, id);
      // It may have ended in between.
      if (deployment === null || !isOpenState(deployment.state)) return [];
      const { state } = deployment;
      return [toRollout({ ...deployment, state }, run_at > now ? run_at : null)];
    }),
  );
  return { items: items.flat(), isWhole: rows.length <= most };
};
