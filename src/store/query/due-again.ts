import type { Db } from './db.ts';
import { IS_QUEUED, IS_UNDER_WAY } from './open-states.ts';
import { literal } from './fragments.ts';

/** Literal, because SQLite finds the partial indexes by their text. */
const PENDING = literal('pending');
const WAITING = literal('waiting');

/**
 * Makes a cluster's checks and deployments due now if they were postponed at a time that lies in the future: the clock
 * has been set back since, and they would wait too long.
 */
export const makeDueAgain = async (db: Db, cluster: string, now: number): Promise<void> => {
  await db.transaction().execute(async (query) => {
    await query
      .updateTable('look_work')
      .set({ run_at: now, set_at: now })
      .where('cluster', '=', cluster)
      .where('state', '=', PENDING)
      .where('set_at', '>', now)
      .execute();
    for (const state of [IS_QUEUED, IS_UNDER_WAY]) {
      await query
        .updateTable('deployments')
        .set({ run_at: now, set_at: now })
        .where('cluster', '=', cluster)
        .where(state)
        .where('set_at', '>', now)
        .where('run_at', '>', now)
        .execute();
    }
  });
};

/** The same for the messages of a channel. */
export const makeMessagesDueAgain = async (db: Db, channel: string, now: number): Promise<void> => {
  await db
    .updateTable('notification_messages')
    .set({ run_at: now, set_at: now })
    .where('channel', '=', channel)
    .where('state', '=', WAITING)
    .where('set_at', '>', now)
    .execute();
};

/** The same for the reports to a forge. */
export const makeReportsDueAgain = async (db: Db, forge: string, now: number): Promise<void> => {
  await db
    .updateTable('forge_reports')
    .set({ run_at: now, set_at: now })
    .where('forge', '=', forge)
    .where('delivery', '=', WAITING)
    .where('set_at', '>', now)
    .execute();
};
