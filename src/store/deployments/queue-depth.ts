import type { OpenState } from '../../core/contract/views.ts';
import { IS_OPEN } from '../query/open-states.ts';
import { literal } from '../query/fragments.ts';
import type { Db } from '../sqlite/open-store.ts';

/** What waits for a cluster; times are ms since the epoch. */
export type QueueDepth = {
  readonly cluster: string;
  readonly checks: number;
  /** When the oldest due check became due; null if none is due. */
  readonly oldestCheckAt: number | null;
};

/** Checks that wait or are in progress. */
export const checkQueue = async (db: Db, now: number): Promise<readonly QueueDepth[]> => {
  return db
    .selectFrom('look_work')
    .select((eb) => [
      'cluster',
      eb.fn.countAll<number>().as('checks'),
      eb.fn
        .min(eb.case().when('run_at', '<=', now).then(eb.ref('run_at')).else(null).end())
        .as('oldestCheckAt'),
    ])
    .groupBy('cluster')
    .execute();
};

export type PushQueue = {
  readonly cluster: string;
  readonly pushes: number;
  /** When the oldest waiting push that no freeze keeps arrived; null if there is none. */
  readonly oldestPushAt: number | null;
};

/** Pushes that are not done. */
export const pushQueue = async (db: Db): Promise<readonly PushQueue[]> => {
  return db
    .selectFrom('push_results')
    .innerJoin('pushes', 'pushes.id', 'push_results.push_id')
    .select((eb) => [
      'cluster',
      eb.fn.countAll<number>().as('pushes'),
      eb.fn
        .min(eb.case().when('outcome', '=', 'frozen').then(null).else(eb.ref('received_at')).end())
        .as('oldestPushAt'),
    ])
    .where('push_results.state', '=', literal('waiting'))
    .groupBy('cluster')
    .execute();
};

export type OpenDeployments = {
  readonly cluster: string;
  readonly state: OpenState;
  readonly count: number;
};

/** Deployments that have not ended, by state. */
export const countOpenDeployments = async (db: Db): Promise<readonly OpenDeployments[]> =>
  db
    .selectFrom('deployments')
    .select((eb) => ['cluster', 'state', eb.fn.countAll<number>().as('count')])
    .where(IS_OPEN)
    .groupBy(['cluster', 'state'])
    .$narrowType<{ state: OpenState }>()
    .execute();
