import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { madeOnce } from './made-once.ts';
import { openStore, type Store } from './open-store.ts';

let store: Store;
beforeEach(() => {
  store = openStore(':memory:');
});
afterEach(() => store.close());

describe('a query that is made once', () => {
  it('is run with the values of each time, wherever they stand in it and however often', async () => {
    let made = 0;
    const put = madeOnce((query, key: string, value: string) => {
      made += 1;
      return query
        .insertInto('settings')
        .values({ value, key })
        .onConflict((conflict) => conflict.column('key').doUpdateSet({ value }));
    });
    await put(store.db, 'one', 'first');
    await put(store.db, 'two', 'second');
    await put(store.db, 'one', 'third');
    const rows = await store.db.selectFrom('settings').selectAll().orderBy('key').execute();
    expect(rows).toEqual([
      { key: 'one', value: 'third' },
      { key: 'two', value: 'second' },
    ]);
    expect(made).toBe(1);
  });

  it('keeps the values that are its own', async () => {
    const find = madeOnce((query, key: string) =>
      query.selectFrom('settings').select('key').where('value', '=', 'own').where('key', '=', key),
    );
    await store.db.insertInto('settings').values({ key: 'one', value: 'own' }).execute();
    await store.db.insertInto('settings').values({ key: 'two', value: 'other' }).execute();
    expect(await find(store.db, 'one')).toEqual([{ key: 'one' }]);
    expect(await find(store.db, 'two')).toEqual([]);
  });

  it('is part of the transaction that it is run in, and serves another store as well', async () => {
    const put = madeOnce((query, key: string, value: string) =>
      query.insertInto('settings').values({ key, value }),
    );
    const broken = store.db.transaction().execute(async (query) => {
      await put(query, 'one', 'lost');
      throw new Error('undone');
    });
    await expect(broken).rejects.toThrow('undone');
    const other = openStore(':memory:');
    try {
      await put(other.db, 'one', 'kept');
      expect(await other.db.selectFrom('settings').selectAll().execute()).toHaveLength(1);
    } finally {
      await other.close();
    }
    expect(await store.db.selectFrom('settings').selectAll().execute()).toEqual([]);
  });

  it('takes null for a value', async () => {
    const put = madeOnce((query, id: string, stack: string | null) =>
      query.insertInto('freezes').values({
        id,
        cluster: null,
        stack,
        service: null,
        reason: 'r',
        created_by: 'b',
        created_at: 1,
        until: null,
        ended_at: null,
        ended_by: null,
      }),
    );
    await put(store.db, 'a', null);
    await put(store.db, 'b', 'shop');
    const rows = await store.db.selectFrom('freezes').select('stack').orderBy('id').execute();
    expect(rows.map(({ stack }) => stack)).toEqual([null, 'shop']);
  });
});
