import { randomBytes } from 'node:crypto';
import type { Db } from '../sqlite/open-store.ts';

const KEY = 'store-id';
const BYTES = 6;

/** A unique id of the store: letters and digits, the same for every instance. */
export const storeId = async (db: Db): Promise<string> => {
  await db
    .insertInto('settings')
    .values({ key: KEY, value: randomBytes(BYTES).toString('hex') })
    .onConflict((conflict) => conflict.column('key').doNothing())
    .execute();
  const { value } = await db
    .selectFrom('settings')
    .select('value')
    .where('key', '=', KEY)
    .executeTakeFirstOrThrow();
  return value;
};
