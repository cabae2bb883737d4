import { sql } from 'kysely';
import type { OpenState } from '../core/views.ts';
import { IS_OPEN } from './open-states.ts';
import type { Db } from './open-store.ts';

/** What waits for a cluster; times are ms since the epoch. */
export type QueueDepth = {
  readonly cluster: string;
  readonly looks: number;
  /** When the oldest look that is due became so; null where none is. */
  readonly oldestLookAt: number | null;
};

/** Looks that wait or are under way. */
export const lookQueue = async (db: Db, now: number): Promise<readonly QueueDepth[]> => {
  const { rows } = await sql<QueueDepth>`
    SELECT cluster, count(*) AS looks,
      min(CASE WHEN run_at <= ${now} THEN run_at END) AS "oldestLookAt"
    FROM look_work GROUP BY cluster`.execute(db);
  return rows;
};

export type PushQueue = {
  readonly cluster: string;
  readonly pushes: number;
  /** When the oldest came that no freeze keeps waiting; null where there is none. */
  readonly oldestPushAt: number | null;
};

/** Pushes that were not carried to their end. */
export const pushQueue = async (db: Db): Promise<readonly PushQueue[]> => {
  const { rows } = await sql<PushQueue>`
    SELECT cluster, count(*) AS pushes,
      min(CASE WHEN outcome IS 'frozen' THEN NULL ELSE received_at END) AS "oldestPushAt"
    FROM push_results JOIN pushes ON pushes.id = push_results.push_id
    WHERE push_results.state = 'waiting' GROUP BY cluster`.execute(db);
  return rows;
};

export type OpenDeployments = {
  readonly cluster: string;
  readonly state: OpenState;
  readonly count: number;
};

/** Deployments that are not at their end, by state. */
export const countOpenDeployments = async (db: Db): Promise<readonly OpenDeployments[]> =>
  db
    .selectFrom('deployments')
    .select((eb) => ['cluster', 'state', eb.fn.countAll<number>().as('count')])
    .where(IS_OPEN)
    .groupBy(['cluster', 'state'])
    .$narrowType<{ state: OpenState }>()
    .execute();
