import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { fillTables } from '../../../test/support/store/fill-tables.ts';
import { MIGRATIONS } from '../sqlite/migrations.ts';
import { openStore, type Store } from '../sqlite/open-store.ts';
import { readStoreFile } from '../sqlite/read-file.ts';
import { backUp } from './back-up.ts';
import { COPIED_TABLES, NEVER_COPIED } from './copied-tables.ts';
import { copyStore, restoreStore } from './copy-store.ts';

/** A store with six migrations and rows in every table of that version; see earlier-store.test.ts. */
const EARLIER = new URL('../../../test/support/store/earlier/first.db.gz', import.meta.url);
const NOW = Date.parse('2026-03-02T00:00:00Z');
/** More rows than one batch. */
const ROWS = 210;

let folder: string;
let stores: { readonly close: () => Promise<void> }[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'copy-store-'));
  stores = [];
});
afterEach(async () => {
  for (const store of stores) await store.close();
  rmSync(folder, { recursive: true });
});

const at = (name: string): string => join(folder, name);
const opened = <S extends { readonly close: () => Promise<void> }>(store: S): S => {
  stores.push(store);
  return store;
};
const open = (name: string): Store => opened(openStore(at(name)));
const close = async (store: { readonly close: () => Promise<void> }): Promise<void> => {
  stores = stores.filter((one) => one !== store);
  await store.close();
};
const read = async (name: string) => opened(await readStoreFile(at(name), at('temporary.db')));

/** A store whose file holds `ROWS` rows in every table. */
const makeFull = async (name: string): Promise<void> => {
  await openStore(at(name)).close();
  fillTables(at(name), ROWS);
};
const earlier = (name: string): void => writeFileSync(at(name), gunzipSync(readFileSync(EARLIER)));

/** Every row of each table of a file. */
const rowsOf = (name: string): Readonly<Record<string, readonly unknown[]>> => {
  const database = new Database(at(name), { readonly: true });
  try {
    return Object.fromEntries(
      COPIED_TABLES.map(({ name: table, key }) => [
        table,
        database.prepare(`select * from ${table} order by ${key.join(', ')}`).all(),
      ]),
    );
  } finally {
    database.close();
  }
};
const checksumOf = (name: string): string =>
  createHash('sha256')
    .update(readFileSync(at(name)))
    .digest('hex');

test('every table is copied, told apart by its own key, after those that it refers to', () => {
  const database = new Database(':memory:');
  for (const migration of MIGRATIONS) database.exec(migration);
  const tables = database
    .prepare<[], { name: string }>(`select name from sqlite_master where type = 'table'`)
    .all()
    .map(({ name }) => name)
    .filter((name) => !NEVER_COPIED.includes(name) && !name.startsWith('sqlite_'));
  expect(COPIED_TABLES.map(({ name }) => name as string).toSorted()).toEqual(tables.toSorted());
  const seen = new Set<string>();
  for (const { name, key } of COPIED_TABLES) {
    const columns = database.pragma(`table_info(${name})`) as { name: string; pk: number }[];
    const own = columns.filter(({ pk }) => pk > 0).toSorted((one, other) => one.pk - other.pk);
    expect(key, name).toEqual(own.map((column) => column.name));
    const parents = database.pragma(`foreign_key_list(${name})`) as { table: string }[];
    expect(
      parents.filter(({ table }) => !seen.has(table)),
      name,
    ).toEqual([]);
    seen.add(name);
  }
  database.close();
});

describe('a copy', () => {
  test('holds every row of every table, and leaves the source as it is', async () => {
    await makeFull('from.db');
    const before = checksumOf('from.db');
    const from = await read('from.db');
    const to = open('to.db');
    const seen: number[] = [];
    const { rows, tables } = await copyStore(from.db, to.db, {
      onProgress: ({ done, total }) => seen.push(done / total),
    });
    expect(rows).toBe(ROWS * COPIED_TABLES.length);
    expect(Object.values(tables).every((count) => count === ROWS)).toBe(true);
    expect(seen.toSorted((one, other) => one - other)).toEqual(seen);
    expect(seen.at(-1)).toBe(1);
    await close(from);
    await close(to);
    expect(rowsOf('to.db')).toEqual(rowsOf('from.db'));
    expect(checksumOf('from.db')).toBe(before);
  });

  test('is not made into a store that holds anything, which is left as it is', async () => {
    await makeFull('from.db');
    earlier('to.db');
    await openStore(at('to.db')).close();
    const before = rowsOf('to.db');
    const [from, to] = [await read('from.db'), open('to.db')];
    await expect(copyStore(from.db, to.db)).rejects.toThrow(
      /^the store that is to be filled is not empty: it holds deliveries, .*; name an empty one/,
    );
    await close(to);
    expect(rowsOf('to.db')).toEqual(before);
  });

  test('that is broken off leaves an empty store, and can be started again', async () => {
    await makeFull('from.db');
    const [from, to] = [await read('from.db'), open('to.db')];
    const stop = new AbortController();
    const broken = copyStore(from.db, to.db, {
      signal: stop.signal,
      onProgress: ({ done, total }) => {
        if (done > total / 2) stop.abort(new Error('enough'));
      },
    });
    await expect(broken).rejects.toThrow('enough');
    expect(await to.db.selectFrom('deliveries').select('id').execute()).toEqual([]);
    expect(await copyStore(from.db, to.db)).toMatchObject({ rows: ROWS * COPIED_TABLES.length });
  });

  test('that is not what was read is undone', async () => {
    await makeFull('from.db');
    await openStore(at('to.db')).close();
    const database = new Database(at('to.db'));
    database.exec(`create trigger spoil after insert on holds when new.id like '%"7 %' begin
      update holds set digest = 'other' where id = new.id; end`);
    database.close();
    const [from, to] = [await read('from.db'), open('to.db')];
    await expect(copyStore(from.db, to.db)).rejects.toMatchObject({ code: 'not-copied' });
    expect(await to.db.selectFrom('deliveries').select('id').execute()).toEqual([]);
  });
});

describe('a backup', () => {
  test('is one file for its owner alone, without sign-ins and links', async () => {
    await makeFull('store.db');
    const store = open('store.db');
    await backUp(store, at('backup.db'));
    await close(store);
    expect(statSync(at('backup.db')).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder).filter((file) => file.startsWith('backup'))).toEqual(['backup.db']);
    const kept = rowsOf('backup.db');
    expect(kept).toEqual({ ...rowsOf('store.db'), sessions: [], approval_links: [] });
    expect(readFileSync(at('backup.db')).includes('sessions.id_hash')).toBe(false);
  });

  test('overwrites nothing', async () => {
    const store = open('store.db');
    writeFileSync(at('backup.db'), 'mine');
    await expect(backUp(store, at('backup.db'))).rejects.toMatchObject({ code: 'EEXIST' });
    expect(readFileSync(at('backup.db'), 'utf8')).toBe('mine');
  });

  test('is one moment of a store that is written meanwhile', async () => {
    await makeFull('store.db');
    const store = open('store.db');
    const done = new AbortController();
    const writing = (async () => {
      for (let count = 1; !done.signal.aborted; count += 1) {
        await store.db.transaction().execute(async (query) => {
          const value = String(count);
          await query.updateTable('settings').set({ value }).execute();
          await query.updateTable('freezes').set({ reason: value }).execute();
        });
        await new Promise(setImmediate);
      }
    })();
    await backUp(store, at('backup.db'));
    done.abort();
    await writing;
    const { settings, freezes } = rowsOf('backup.db');
    const values = new Set([
      ...(settings as { value: string }[]).map(({ value }) => value),
      ...(freezes as { reason: string }[]).map(({ reason }) => reason),
    ]);
    expect(values.size).toBe(1);
  });
});

describe('a backup that is restored', () => {
  const restore = async (name: string, to: Store) =>
    restoreStore((await read(name)).db, to.db, { now: NOW });

  test('has its work and its messages ended, and keeps holds and freezes', async () => {
    earlier('store.db');
    const store = open('store.db');
    await backUp(store, at('backup.db'));
    const to = open('to.db');
    const { ended } = await restore('backup.db', to);
    expect(ended).toEqual({ deployments: 3, pushes: 5, runs: 1, messages: 3, waiting: 0 });
    const states = await to.db.selectFrom('deployments').select(['state', 'reason']).execute();
    expect(states.filter(({ reason }) => reason === 'restored').map(({ state }) => state)).toEqual([
      'skipped',
      'skipped',
      'skipped',
    ]);
    expect(states.filter(({ state }) => /queued|updating|verifying/.test(state))).toEqual([]);
    const none = ['look_work', 'notifications', 'forge_ends', 'waiting', 'sessions'] as const;
    for (const table of none) {
      expect(await to.db.selectFrom(table).selectAll().execute(), table).toEqual([]);
    }
    const waiting = await to.db
      .selectFrom('push_results')
      .select('state')
      .where('state', '=', 'waiting')
      .execute();
    expect(waiting).toEqual([]);
    for (const table of ['holds', 'freezes', 'good_images'] as const) {
      const before = await store.db.selectFrom(table).selectAll().execute();
      expect(before.length, table).toBeGreaterThan(0);
      expect(await to.db.selectFrom(table).selectAll().execute()).toEqual(before);
    }
  });

  test('may be of an earlier version, and its file stays as it is', async () => {
    earlier('backup.db');
    const before = checksumOf('backup.db');
    const to = open('to.db');
    const { copied } = await restore('backup.db', to);
    expect(copied.tables).toMatchObject({ deliveries: expect.any(Number) });
    expect(checksumOf('backup.db')).toBe(before);
    for (const store of stores.splice(0)) await store.close();
    expect(readdirSync(folder)).not.toContain('temporary.db');
  });

  test.each<[string, (file: string) => void, string, RegExp]>([
    [
      'a newer version',
      (file) => {
        const database = new Database(file);
        database.pragma('user_version = 9999');
        database.close();
      },
      'newer',
      /was written by a newer version of the helper; use that version/,
    ],
    ['no database', (file) => writeFileSync(file, 'x'.repeat(9_000)), 'damaged', /is damaged/],
    [
      'another database',
      (file) => {
        rmSync(file);
        const database = new Database(file);
        database.exec('create table other (id integer)');
        database.close();
      },
      'no-store',
      /is not a store of the helper/,
    ],
    [
      'a damaged file',
      (file) => {
        const bytes = readFileSync(file);
        bytes.fill(0xff, 8_192, 16_384);
        writeFileSync(file, bytes);
      },
      'damaged',
      /damaged/,
    ],
    ['no file', (file) => rmSync(file), 'missing', /does not exist/],
  ])('is refused where it is %s', async (_what, spoil, code, message) => {
    await makeFull('backup.db');
    spoil(at('backup.db'));
    const reading = readStoreFile(at('backup.db'), at('temporary.db'));
    await expect(reading).rejects.toMatchObject({
      name: 'StoreError',
      code,
      message: expect.stringMatching(message),
    });
  });

  test('is refused where a helper has it open', async () => {
    open('store.db');
    await expect(readStoreFile(at('store.db'), at('temporary.db'))).rejects.toMatchObject({
      code: 'in-use',
    });
  });
});
