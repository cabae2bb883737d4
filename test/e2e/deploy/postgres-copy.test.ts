import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { waitUntil } from '../../../sandbox/machine/wait-until.ts';
import {
  type Postgres,
  startPostgres,
  type TestDatabase,
} from '../../../sandbox/postgres/postgres.ts';
import { backUp } from '../../../src/store/copy/back-up.ts';
import { COPIED_TABLES } from '../../../src/store/copy/copied-tables.ts';
import { copyStore, restoreStore } from '../../../src/store/copy/copy-store.ts';
import { readRows, type Row } from '../../../src/store/copy/rows.ts';
import { keepLeases, leaveLeases } from '../../../src/store/leases/leases.ts';
import { readEvents } from '../../../src/store/notices/events.ts';
import { NUMBERED } from '../../../src/store/postgres/fill.ts';
import { openPostgresStore } from '../../../src/store/postgres/open-store.ts';
import { readPostgresStore } from '../../../src/store/postgres/read-store.ts';
import { type Db, openStore } from '../../../src/store/sqlite/open-store.ts';
import { readStoreFile } from '../../../src/store/sqlite/read-file.ts';
import { fillTables } from '../../support/store/fill-tables.ts';
import { postgresSetting } from '../../support/store/postgres-setting.ts';
import { startProgram } from '../../support/program/run-program.ts';

/** More than are copied at once. */
const ROWS = 410;

let postgres: Postgres;
let database: TestDatabase;
let folder: string;
const closing: (() => Promise<unknown>)[] = [];
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'postgres-copy-'));
  postgres = await startPostgres();
  database = await postgres.createDatabase();
  await openStore(at('full.db')).close();
  fillTables(at('full.db'), ROWS);
});
afterAll(async () => {
  await Promise.allSettled(closing.map((close) => close()));
  await postgres?.stop();
  rmSync(folder, { recursive: true });
});

const at = (name: string): string => join(folder, name);
const opened = <S extends { readonly close: () => Promise<void> }>(store: S): S => {
  closing.push(store.close);
  return store;
};
const setting = (schema: string) => postgresSetting(database.url, schema);
const openPostgres = async (schema: string) => opened(await openPostgresStore(setting(schema)));
const readFull = async () => opened(await readStoreFile(at('full.db'), at('temporary.db')));

const rowsOf = async (db: Db): Promise<Readonly<Record<string, readonly Row[]>>> => {
  const all: Record<string, readonly Row[]> = {};
  for (const table of COPIED_TABLES) {
    const rows: Row[] = [];
    for await (const some of readRows(db, table)) rows.push(...some);
    all[table.name] = rows;
  }
  return all;
};

test('a store goes from SQLite to PostgreSQL and back, and is the same', async () => {
  const from = await readFull();
  const to = await openPostgres('there');
  expect(await copyStore(from.db, to.db)).toMatchObject({ rows: ROWS * COPIED_TABLES.length });
  const before = await rowsOf(from.db);
  expect(await rowsOf(to.db)).toEqual(before);
  // Nobody hears of rows that are copied, and of those that come later everybody does.
  expect(await readEvents(to.db, 0, 10)).toEqual([]);
  await to.db.updateTable('freezes').set({ ended_at: 9_999 }).where('ended_at', '=', 1).execute();
  expect(await readEvents(to.db, 0, 10)).toMatchObject([{ type: 'freeze' }]);
  await to.db.updateTable('freezes').set({ ended_at: 1 }).where('ended_at', '=', 9_999).execute();
  const source = opened(await readPostgresStore(setting('there')));
  const back = opened(openStore(at('back.db')));
  await copyStore(source.db, back.db);
  expect(await rowsOf(back.db)).toEqual(before);
}, 300_000);

test('a store in which a helper works is neither filled nor copied', async () => {
  const instance = { id: 'one', host: 'node-1', version: '1.0.0' };
  const wish = { instance, renew: [], take: ['cluster:production'], lifeMs: 60_000 };
  const used = await openPostgres('used');
  await keepLeases(used.db, wish);
  const inUse = { code: 'in-use', message: expect.stringMatching(/cluster:production/) };
  await expect(copyStore((await readFull()).db, used.db)).rejects.toMatchObject(inUse);
  const file = opened(openStore(at('not-filled.db')));
  await expect(copyStore(used.db, file.db)).rejects.toMatchObject(inUse);
  // A backup is for a store that is in use.
  await backUp(used, at('of-used.db'));
  expect(existsSync(at('of-used.db'))).toBe(true);
  await leaveLeases(used.db, 'one', [{ name: 'cluster:production', epoch: 1 }]);
  expect(await copyStore((await readFull()).db, used.db)).toMatchObject({
    rows: ROWS * COPIED_TABLES.length,
  });
}, 300_000);

test('rows that come after a copy get numbers of their own', async () => {
  const to = await openPostgres('numbers');
  await copyStore((await readFull()).db, to.db);
  expect(NUMBERED).toHaveLength(4);
  const step = { deployment_id: '', at: 1, step: 'queued', detail: '{}' };
  const { id } = await to.db.selectFrom('deployments').select('id').executeTakeFirstOrThrow();
  const added = await to.db
    .insertInto('deployment_steps')
    .values({ ...step, deployment_id: id })
    .returning('id')
    .executeTakeFirstOrThrow();
  expect(added.id).toBe(ROWS + 1);
  await expect(copyStore((await readFull()).db, to.db)).rejects.toMatchObject({
    code: 'not-empty',
  });
}, 300_000);

test('a backup of PostgreSQL is one moment, for which no writer waits, and restores into either', async () => {
  const store = await openPostgres('backed_up');
  await copyStore((await readFull()).db, store.db);
  const done = new AbortController();
  let writes = 0;
  const writing = (async () => {
    for (; !done.signal.aborted; writes += 1) {
      await store.db.transaction().execute(async (query) => {
        const value = String(writes);
        await query.updateTable('settings').set({ value }).execute();
        await query.updateTable('freezes').set({ reason: value }).execute();
      });
    }
  })();
  await waitUntil(async () => (writes > 0 ? true : null), {
    what: 'the first write',
    withinMs: 60_000,
  });
  const before = writes;
  await backUp(store, at('backup.db'));
  expect(writes - before).toBeGreaterThan(2);
  done.abort();
  await writing;
  const backup = opened(await readStoreFile(at('backup.db'), at('temporary.db')));
  const kept = await rowsOf(backup.db);
  const values = (kept['settings'] ?? []).map(({ value }) => value);
  const reasons = (kept['freezes'] ?? []).map(({ reason }) => reason);
  expect(new Set([...values, ...reasons]).size).toBe(1);
  expect([kept['sessions'], kept['approval_links']]).toEqual([[], []]);
  const restored = await openPostgres('restored');
  const { copied } = await restoreStore(backup.db, restored.db, { now: Date.now() });
  expect(copied.tables).toMatchObject({ deliveries: ROWS, deployments: ROWS });
}, 300_000);

test('texts that PostgreSQL cannot hold are stored without what it refuses', async () => {
  const store = await openPostgres('texts');
  const broken = { sender: 'a\0b', secret: '\ud800', reason: 'x', count: 1, last_at: 1 };
  const { insertRows } = await import('../../../src/store/query/insert-rows.ts');
  await insertRows(store.db, 'ignored_counts', [broken]).execute();
  expect(
    await store.db.selectFrom('ignored_counts').select(['sender', 'secret']).execute(),
  ).toEqual([{ sender: 'a\uFFFDb', secret: '\uFFFD' }]);
});

test('cd-helper store copy moves a store into PostgreSQL, and tells what to do where it cannot', async () => {
  const copy = async (from: string, to: string) => {
    const program = startProgram(['store', 'copy', '--to', to], { env: { CD_HELPER_STORE: from } });
    const status = await program.ended;
    return { status, out: program.out(), err: program.err() };
  };
  const url = `${database.url}&schema=moved`;
  const moved = await copy(at('full.db'), url);
  expect(moved).toMatchObject({ status: 0, err: '' });
  expect(moved.out).toMatch(/verified by counts and checksums: 410 deliveries, 410 deployments/);
  expect(moved.out).not.toContain('password');
  expect(await copy(url, at('moved.db'))).toMatchObject({ status: 0 });
  const full = await copy(at('full.db'), url);
  expect(full).toMatchObject({ status: 1, err: expect.stringMatching(/is not empty/) });
  const none = await copy(`${database.url}&schema=nothing_there`, at('none.db'));
  expect(none).toMatchObject({ status: 1, err: expect.stringMatching(/is not a store/) });
}, 300_000);
