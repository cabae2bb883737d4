import type { Expression, ExpressionBuilder, SqlBool } from 'kysely';
import type { SpecChange } from '../../core/swarm/spec-changes.ts';
import { addStep, type Intent } from './deployments.ts';
import { IS_OPEN } from '../query/open-states.ts';
import type { Query } from '../query/db.ts';
import type { Tables } from '../query/schema.ts';

/**
 * Whether the tag was not seen to have moved on from what is to be sent. A person's wish and the way back
 * do not ask for it, and a gate lets through what the tag showed before.
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
 * Commits what is about to be sent, before it is sent, and counts the attempt; false where nothing may be
 * sent: the deployment has ended meanwhile, or a look has seen its tag elsewhere and left the service, which
 * still had what that saw, as it was.
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

/** What was intended is known not to have been carried out. */
export const refuteIntent = async (query: Query, id: string, intent: Intent): Promise<void> => {
  await query
    .updateTable('deployments')
    .set({ intent: JSON.stringify({ ...intent, refuted: true } satisfies Intent) })
    .where('id', '=', id)
    .execute();
};

/** What was intended was done to a later version than the one that was decided upon. */
export const raiseIntent = async (query: Query, id: string, intent: Intent): Promise<void> => {
  await query
    .updateTable('deployments')
    .set({ intent: JSON.stringify(intent) })
    .where('id', '=', id)
    .execute();
};

type SentDetail = {
  /** Of the step that tells of it. */
  readonly detail: Readonly<Record<string, unknown>>;
  /** What it changed in the spec, where that is to be kept. */
  readonly changes?: readonly SpecChange[] | null;
};

/** The update was taken by the cluster and is followed from now on; false where it has ended meanwhile. */
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
