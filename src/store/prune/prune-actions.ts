import type { Db } from '../sqlite/open-store.ts';

/** What people did, and apart from it their sign-ins and sign-outs, which are many and cheap to cause. */
const MOST_ACTIONS = 20_000;
const MOST_SIGN_INS = 5_000;
export const SIGN_IN_ACTIONS: readonly string[] = ['sign-in', 'sign-out', 'sign-out-everywhere'];

/**
 * Removes the audit rows that are too many, oldest first and each kind by its own number: whoever signs in over and
 * over removes nothing but sign-ins. Returns how many went.
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
