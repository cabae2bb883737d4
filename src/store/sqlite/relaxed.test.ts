import { sql } from 'kysely';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openStore, type Store } from './open-store.ts';
import type { Query } from '../query/db.ts';
import { relaxed } from './relaxed.ts';

let store: Store;
beforeEach(() => {
  store = openStore(':memory:');
});
afterEach(() => store.close());

const FULL = 2;
const NORMAL = 1;
const synchronous = async (query: Query): Promise<number | undefined> =>
  (await sql<{ synchronous: number }>`pragma synchronous`.execute(query)).rows[0]?.synchronous;
const put = (query: Query, key: string): Promise<unknown> =>
  query.insertInto('settings').values({ key, value: '' }).execute();
const keys = async (): Promise<string[]> =>
  (await store.db.selectFrom('settings').select('key').orderBy('key').execute()).map(
    ({ key }) => key,
  );

it('does not wait for the disk, time and again, and everything after it does', async () => {
  for (let time = 0; time < 3; time += 1) {
    expect(await relaxed(store.db, synchronous)).toBe(NORMAL);
    expect(await synchronous(store.db)).toBe(FULL);
  }
});

it('leaves nothing of what throws, and the next commits wait for the disk', async () => {
  const failing = relaxed(store.db, async (query) => {
    await put(query, 'half');
    throw new Error('no');
  });
  await expect(failing).rejects.toThrow('no');
  expect(await keys()).toEqual([]);
  expect(await synchronous(store.db)).toBe(FULL);
});

it('makes nobody else’s commit a relaxed one', async () => {
  const seen: (number | undefined)[] = [];
  const inBetween = Promise.withResolvers<void>();
  const slow = relaxed(store.db, async (query) => {
    await put(query, 'a');
    inBetween.resolve();
    await new Promise((resolve) => setImmediate(resolve));
  });
  await inBetween.promise;
  const other = store.db.transaction().execute(async (query) => {
    seen.push(await synchronous(query));
    await put(query, 'b');
  });
  await Promise.all([slow, other]);
  expect(seen).toEqual([FULL]);
  expect(await keys()).toEqual(['a', 'b']);
});
