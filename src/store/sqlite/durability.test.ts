import { closeSync, fstatSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openStore, type Store } from './open-store.ts';
import type { Query } from '../query/db.ts';

let folder: string;
let store: Store;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'durability-'));
  store = openStore(join(folder, 'store.db'));
});
afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

const put =
  (key: string, value = '') =>
  (query: Query) =>
    query.insertInto('settings').values({ key, value }).execute();
const accept = <T>(batch: (query: Query) => Promise<T>) => store.durability.accept(batch);
const keys = async (): Promise<readonly string[]> =>
  (await store.db.selectFrom('settings').select('key').orderBy('key').execute()).map(
    ({ key }) => key,
  );

it('does all of it, and tells when it is on the disk', async () => {
  const { result, onDisk } = await accept(async (query) => {
    await put('a', '1')(query);
    await put('b', '2')(query);
    return query.selectFrom('settings').selectAll().where('value', '>', '1').execute();
  });
  expect(result).toEqual([{ key: 'b', value: '2' }]);
  await onDisk;
  expect(await keys()).toEqual(['a', 'b']);
});

it('does nothing of it where it fails, and goes on', async () => {
  const failed = accept(async (query) => {
    await put('a', '1')(query);
    await put('a', '2')(query);
  });
  await expect(failed).rejects.toThrow('UNIQUE');
  expect(await keys()).toEqual([]);
  await accept(put('a', '3'));
  expect(await keys()).toEqual(['a']);
});

it('takes its turn after a transaction that is under way', async () => {
  const { promise: goOn, resolve } = Promise.withResolvers<void>();
  const before = store.db.transaction().execute(async (query) => {
    await query.insertInto('settings').values({ key: 'a', value: '1' }).execute();
    await goOn;
    throw new Error('taken back');
  });
  const written = accept(put('b', '2'));
  resolve();
  await expect(before).rejects.toThrow('taken back');
  await written;
  expect(await keys()).toEqual(['b']);
});

it('closes its file once, after what is under way and however often it is told', async () => {
  const { onDisk } = await accept(put('a', '1'));
  await store.close();
  await expect(onDisk).resolves.toBeUndefined();
  // The descriptor's number is free again: the next opened file gets it.
  const other = openSync(join(folder, 'other'), 'w');
  await store.close();
  expect(() => fstatSync(other)).not.toThrow();
  closeSync(other);
});

it('leaves every other commit one that waits for the disk', async () => {
  const [NORMAL, FULL] = [1, 2];
  const pragma = sql`pragma synchronous`;
  const { result } = await accept((query) => pragma.execute(query));
  expect(result.rows).toEqual([{ synchronous: NORMAL }]);
  const { rows } = await pragma.execute(store.db);
  expect(rows).toEqual([{ synchronous: FULL }]);
});
