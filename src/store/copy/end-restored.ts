import type { Query } from '../sqlite/open-store.ts';
import { IS_OPEN } from '../query/open-states.ts';
import { setFirstReport } from '../runs/first-report.ts';
import { addStep } from '../deployments/deployments.ts';

const REASON = 'restored';
/** For a person, in rows with room for a sentence. */
const DETAIL = 'skipped: restored from a backup';

export type EndedWork = {
  readonly deployments: number;
  readonly pushes: number;
  readonly runs: number;
  /** Notifications and reports to forges. */
  readonly messages: number;
  /** Services that waited at a gate. */
  readonly waiting: number;
};

/**
 * Ends the pending work of a store restored from a backup: it was decided on the services and images of that time.
 * Nothing of it is announced. Holds, freezes and good images stay. The next start makes one report, as with a new
 * store, which shows what is obsolete.
 *
 * @param now ms since the epoch
 */
export const endRestored = async (query: Query, now: number): Promise<EndedWork> => {
  const deployments = await endDeployments(query, now);
  const pushes = await query
    .updateTable('push_results')
    .set((eb) => ({
      state: 'done',
      outcome: eb
        .case()
        .when('outcome', '=', 'deployed')
        .then('deployed' as const)
        .else('given-up' as const)
        .end(),
      detail: DETAIL,
      ended_at: now,
    }))
    .where('state', '=', 'waiting')
    .executeTakeFirst();
  await query.deleteFrom('look_work').execute();
  const runs = await query
    .updateTable('runs')
    .set({ state: 'failed', reason: REASON, ended_at: now })
    .where('ended_at', 'is', null)
    .executeTakeFirst();
  const messages = await endMessages(query, now);
  const waiting = await query.deleteFrom('waiting').executeTakeFirst();
  await query.deleteFrom('waiting_triggers').execute();
  await query.deleteFrom('approval_votes').execute();
  await setFirstReport(query, 'due');
  return {
    deployments,
    pushes: Number(pushes.numUpdatedRows),
    runs: Number(runs.numUpdatedRows),
    messages,
    waiting: Number(waiting.numDeletedRows),
  };
};

const endDeployments = async (query: Query, now: number): Promise<number> => {
  const ended = await query
    .updateTable('deployments')
    .set({ state: 'skipped', reason: REASON, ended_at: now })
    .where(IS_OPEN)
    .returning('id')
    .execute();
  for (const { id } of ended)
    await addStep(query, id, { at: now, step: 'skipped', detail: { reason: REASON } });
  return ended.length;
};

const endMessages = async (query: Query, now: number): Promise<number> => {
  const untold = [
    await query.deleteFrom('notifications').executeTakeFirst(),
    await query.deleteFrom('gate_news').executeTakeFirst(),
    await query.deleteFrom('forge_ends').executeTakeFirst(),
  ];
  const unsent = [
    await query
      .updateTable('notification_messages')
      .set({ state: 'failed', last_error: DETAIL, ended_at: now })
      .where('state', '=', 'waiting')
      .executeTakeFirst(),
    await query
      .updateTable('forge_reports')
      .set({ delivery: 'failed', last_error: DETAIL, changed_at: now })
      .where('delivery', '=', 'waiting')
      .executeTakeFirst(),
  ];
  return [
    ...untold.map(({ numDeletedRows }) => numDeletedRows),
    ...unsent.map(({ numUpdatedRows }) => numUpdatedRows),
  ].reduce((sum, count) => sum + Number(count), 0);
};
