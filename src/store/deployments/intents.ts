import type { Expression, ExpressionBuilder, SqlBool } from 'kysely';
import type { SpecChange } from '../../core/swarm/spec-changes.ts';
import { addStep, type Intent } from './deployments.ts';
import { IS_OPEN } from '../query/open-states.ts';
import type { Query } from '../query/db.ts';
import type { Tables } from '../tables/tables.ts';

/**
 * Whether the tag was not seen to have moved on from what is about to be sent. A person's request and a revert do not
 * need this, and a gate lets older digests of the tag through.
 */
const isStillPublished =
  ({ phase, target }: Intent) =>
  (eb: ExpressionBuilder<Tables, 'deployments'>): Expression<SqlBool> =>
    phase === 'back' || target === null
      ? eb.and([])
      : eb.or([
          eb('cause', 'in', ['forced', 'taken-back']),
          eb('gates', '=', 'opened'),
          eb.not(
            eb.exists(
              eb
                .selectFrom('published')
                .select('published.digest')
                .whereRef('published.name', '=', 'deployments.name')
                .whereRef('published.tag', '=', 'deployments.tag')
                .where('published.digest', '!=', target),
            ),
          ),
        ]);

/**
 * Commits an update before it is sent, and counts the attempt. False if nothing may be sent: the deployment has ended
 * meanwhile, or a check has seen its tag move and left the service alone because it still had that digest.
 */
export const recordIntent = async (
  query: Query,
  id: string,
  intent: Intent,
  deadlineAt: number,
): Promise<boolean> => {
  const row = await query
    .updateTable('deployments')
    .set((eb) => ({
      state: 'updating',
      intent: JSON.stringify(intent),
      started_at: eb.fn.coalesce('started_at', eb.val(intent.at)),
      deadline_at: deadlineAt,
      attempts: eb('attempts', '+', 1),
    }))
    .where('id', '=', id)
    .where(IS_OPEN)
    .where(isStillPublished(intent))
    .returning('id')
    .executeTakeFirst();
  return row !== undefined;
};

/** Records that an intended update was not carried out. */
export const refuteIntent = async (query: Query, id: string, intent: Intent): Promise<void> => {
  await query
    .updateTable('deployments')
    .set({ intent: JSON.stringify({ ...intent, refuted: true } satisfies Intent) })
    .where('id', '=', id)
    .execute();
};

/** Records that an intended update was applied to a later version than the one it was decided on. */
export const raiseIntent = async (query: Query, id: string, intent: Intent): Promise<void> => {
  await query
    .updateTable('deployments')
    .set({ intent: JSON.stringify(intent) })
    .where('id', '=', id)
    .execute();
};

type SentDetail = {
  /** Of the step that reports it. */
  readonly detail: Readonly<Record<string, unknown>>;
  /** What it changed in the spec, if that is recorded. */
  readonly changes?: readonly SpecChange[] | null;
};

/** The cluster accepted the update, which is followed from now on. False if the deployment has ended meanwhile. */
export const recordSent = async (
  query: Query,
  id: string,
  at: number,
  { detail, changes = null }: SentDetail,
): Promise<boolean> => {
  const row = await query
    .updateTable('deployments')
    .set({
      state: 'verifying',
      ...(changes === null ? {} : { changes: JSON.stringify(changes) }),
    })
    .where('id', '=', id)
    .where(IS_OPEN)
    .returning('id')
    .executeTakeFirst();
  if (row === undefined) return false;
  await addStep(query, id, { at, step: 'update-sent', detail });
  return true;
};
