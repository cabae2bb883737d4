import type { Db } from '../sqlite/open-store.ts';

/** Limit for people's actions, and separately for sign-ins and sign-outs, which are many and cheap to cause. */
const MOST_ACTIONS = 20_000;
const MOST_SIGN_INS = 5_000;
export const SIGN_IN_ACTIONS: readonly string[] = ['sign-in', 'sign-out', 'sign-out-everywhere'];

/**
 * Removes excess audit rows, oldest first, with a limit per kind: repeated sign-ins only push out sign-ins. Returns how
 * many were removed.
 */
export const pruneActions = async (db: Db): Promise<number> => {
  let removed = 0;
  for (const [operator, most] of [
    ['not in', MOST_ACTIONS],
    ['in', MOST_SIGN_INS],
  ] as const) {
    const gone = await db
      .deleteFrom('actions')
      .where('action', operator, SIGN_IN_ACTIONS)
      .where('id', '<', (eb) =>
        eb
          .selectFrom('actions as kept')
          .select('kept.id')
          .where('kept.action', operator, SIGN_IN_ACTIONS)
          .orderBy('kept.id', 'desc')
          .offset(most - 1)
          .limit(1),
      )
      .executeTakeFirst();
    removed += Number(gone.numDeletedRows);
  }
  return removed;
};
