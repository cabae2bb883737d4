import type { Db, Query } from '../sqlite/open-store.ts';

const KEY = 'first-report';

/** The state of the report for a new store; null if none was ever due. */
export const firstReport = async (db: Db): Promise<'due' | 'made' | null> => {
  const row = await db
    .selectFrom('settings')
    .select('value')
    .where('key', '=', KEY)
    .executeTakeFirst();
  return (row?.value as 'due' | 'made' | undefined) ?? null;
};

export const setFirstReport = async (db: Query, value: 'due' | 'made'): Promise<void> => {
  const row = { key: KEY, value };
  await db
    .insertInto('settings')
    .values(row)
    .onConflict((conflict) => conflict.column('key').doUpdateSet({ value }))
    .execute();
};
