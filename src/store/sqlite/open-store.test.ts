import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import Database from 'better-sqlite3';
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MIGRATIONS, READABLE_FROM } from './migrations.ts';
import { openStore, type Store } from './open-store.ts';
import { StoreError } from '../query/store-error.ts';

let folder: string;
const opened: Store[] = [];
const children: ChildProcess[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'store-'));
});
afterEach(async () => {
  for (const store of opened.splice(0)) await store.close();
  for (const child of children.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  rmSync(folder, { recursive: true });
});

const open = (path = join(folder, 'store.db')): Store => {
  const store = openStore(path);
  opened.push(store);
  return store;
};
const problemOf = (path: string): StoreError => {
  try {
    open(path);
  } catch (error) {
    if (error instanceof StoreError) return error;
    throw error;
  }
  throw new Error('it opened');
};

/** Another process that opens the store and keeps it open until it is killed. */
const openElsewhere = async (path: string): Promise<ChildProcess> => {
  const store = pathToFileURL(join(import.meta.dirname, 'open-store.ts')).href;
  const script = `
    import { openStore } from ${JSON.stringify(store)};
    openStore(${JSON.stringify(path)});
    process.stdout.write('open');
    setInterval(() => {}, 1_000);`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  await once(child.stdout, 'data', { signal: AbortSignal.timeout(20_000) });
  return child;
};

describe('opening a store', () => {
  it('makes files and folders for their owner alone', async () => {
    const path = join(folder, 'deep', 'er', 'store.db');
    const before = process.umask(0);
    try {
      const { tryToWrite } = open(path);
      await tryToWrite();
    } finally {
      process.umask(before);
    }
    const modes = [join(folder, 'deep'), join(folder, 'deep', 'er'), path, `${path}-wal`].map(
      (one) => (statSync(one).mode & 0o777).toString(8),
    );
    expect(modes).toEqual(['700', '700', '600', '600']);
  });

  it('makes file and folders, and tells that it is new only once', async () => {
    const path = join(folder, 'deep', 'er', 'store.db');
    const first = open(path);
    expect(first.isNew).toBe(true);
    await first.close();
    opened.length = 0;
    expect(open(path).isNew).toBe(false);
  });

  it('records which migrations were run', async () => {
    const path = join(folder, 'store.db');
    await open(path).close();
    opened.length = 0;
    const raw = new Database(path);
    expect(raw.pragma('user_version', { simple: true })).toBe(MIGRATIONS.length);
    raw.close();
  });

  it('runs a migration wholly or not at all', () => {
    const path = join(folder, 'store.db');
    // A table that conflicts with one in the middle of the first migration.
    const raw = new Database(path);
    raw.exec('CREATE TABLE deployments (id TEXT)');
    raw.close();
    expect(problemOf(path).code).toBe('not-writable');
    const after = new Database(path);
    const tables = after.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all();
    expect(tables).toEqual([{ name: 'deployments' }]);
    expect(after.pragma('user_version', { simple: true })).toBe(0);
    after.close();
  });

  it('commits to the disk and keeps rows that belong together', async () => {
    const { db } = open();
    const pragma = async (name: string): Promise<unknown> => {
      const { rows } = await db.executeQuery({
        sql: `PRAGMA ${name}`,
        parameters: [],
        query: { kind: 'RawNode', sqlFragments: [], parameters: [] },
        queryId: { queryId: name },
      });
      return Object.values(rows[0] ?? {})[0];
    };
    expect(await pragma('journal_mode')).toBe('wal');
    expect(await pragma('synchronous')).toBe(2);
    expect(await pragma('foreign_keys')).toBe(1);
  });

  it('says whether a commit reaches the disk', async () => {
    const store = open();
    await expect(store.tryToWrite()).resolves.toBeUndefined();
    await store.close();
    await expect(store.tryToWrite()).rejects.toThrow(/./);
  });

  it('tells of a disk that ran full in a transaction, and goes on when there is room', async () => {
    const { db } = open();
    const write = async (): Promise<void> => {
      const big = { key: 'big', value: 'x'.repeat(1e6) };
      await db.transaction().execute((query) => query.insertInto('settings').values(big).execute());
    };
    await sql`pragma max_page_count = 1`.execute(db);
    await expect(write()).rejects.toThrow('database or disk is full');
    await sql`pragma max_page_count = 1000000`.execute(db);
    await write();
  });

  it('opens a store that the next version has migrated, as after a rollback', async () => {
    const path = join(folder, 'store.db');
    await open(path).close();
    opened.length = 0;
    const raw = new Database(path);
    raw.pragma(`user_version = ${MIGRATIONS.length + 3}`);
    raw.close();
    const store = open(path);
    expect(store.isNew).toBe(false);
    await expect(store.tryToWrite()).resolves.toBeUndefined();
    await store.close();
    opened.length = 0;
    const after = new Database(path);
    expect(after.pragma('user_version', { simple: true })).toBe(MIGRATIONS.length + 3);
    after.close();
  });

  it('only adds with what a version before need not know', () => {
    const later = MIGRATIONS.slice(READABLE_FROM).flatMap((text) => text.split(';'));
    const others = later
      .map((statement) => statement.trim())
      .filter((statement) => statement !== '')
      .filter((one) => !/^CREATE (?:TABLE|INDEX) /.test(one))
      .filter((one) => !/^ALTER TABLE \w+ ADD COLUMN (?!.*NOT NULL(?!.*DEFAULT))/.test(one));
    // The previous version can read an uncompressed plan too.
    const isUnpacking = (one: string): boolean =>
      one.startsWith('UPDATE run_plans SET packed = NULL');
    // A statement that fills a new table does not affect others.
    const isFilling = (one: string): boolean =>
      /^INSERT INTO (?:good_images|seen_digests) /.test(one);
    expect(others.filter((one) => !isUnpacking(one) && !isFilling(one))).toEqual([]);
  });
});

describe('a store that cannot be opened', () => {
  it.each([
    ['which says that this one cannot read it', MIGRATIONS.length + 1],
    ['which does not say who can', 0],
  ])('was written by a newer version, %s, and is left as it is', (_name, readableFrom) => {
    const path = join(folder, 'store.db');
    const raw = new Database(path);
    raw.pragma(`application_id = ${readableFrom}`);
    raw.pragma('user_version = 99');
    raw.close();
    const problem = problemOf(path);
    expect(problem).toMatchObject({ code: 'newer' });
    expect(problem.message).toContain(path);
    const after = new Database(path);
    expect(after.pragma('user_version', { simple: true })).toBe(99);
    after.close();
  });

  it('is no database, and is left as it is', () => {
    const path = join(folder, 'notes.txt');
    const text = 'these are my notes\n'.repeat(1_000);
    writeFileSync(path, text);
    expect(problemOf(path)).toMatchObject({
      code: 'damaged',
      message: expect.stringContaining('not an SQLite file'),
    });
    expect(readFileSync(path, 'utf8')).toBe(text);
  });

  it('lies where no file can be', () => {
    writeFileSync(join(folder, 'file'), '');
    symlinkSync(join(folder, 'nowhere'), join(folder, 'link'));
    const places: readonly [string, string][] = [
      [join(folder, 'file', 'store.db'), `${join(folder, 'file')} is not a folder`],
      [join(folder, 'file', 'deeper', 'store.db'), `${join(folder, 'file')} is not a folder`],
      [folder, 'it is a folder'],
      ['/dev/null', 'it is not a regular file'],
      [join(folder, 'link', 'store.db'), 'a broken link'],
    ];
    for (const [path, why] of places) {
      const problem = problemOf(path);
      expect(problem).toMatchObject({ code: 'not-writable' });
      expect(problem.message).toContain(`the store ${path} cannot be opened`);
      expect(problem.message).toContain(why);
    }
  });

  // The kernel creates no folders there. Node's own recursive mkdir would retry forever.
  it.skipIf(process.platform !== 'linux').each(['/proc/none/store.db', '/proc/none/of/store.db'])(
    'lies where no folder can be: %s',
    (path) => {
      expect(problemOf(path)).toMatchObject({
        code: 'not-writable',
        message: expect.stringContaining('no folder can be created there'),
      });
    },
  );

  it('is in use in this process', () => {
    open();
    expect(problemOf(join(folder, 'store.db')).code).toBe('in-use');
  });
});

describe('another process', () => {
  it('keeps everybody out while it lives, and nobody once it was killed', async () => {
    const path = join(folder, 'store.db');
    const child = await openElsewhere(path);
    const problem = problemOf(path);
    expect(problem).toMatchObject({ code: 'in-use' });
    expect(problem.message).toBe(
      `the store ${path} is in use by another process: only one helper may run on it`,
    );
    child.kill('SIGKILL');
    await once(child, 'exit');
    const store = open(path);
    expect(store.isNew).toBe(false);
    await expect(store.tryToWrite()).resolves.toBeUndefined();
  });

  it('is kept out of a store that is only open, without any work', async () => {
    const path = join(folder, 'store.db');
    open(path);
    const child = spawn(
      process.execPath,
      [
        '--input-type=module',
        '--eval',
        `import { openStore } from ${JSON.stringify(pathToFileURL(join(import.meta.dirname, 'open-store.ts')).href)};
         try { openStore(${JSON.stringify(path)}); process.exit(0); }
         catch (error) { process.exit(error.code === 'in-use' ? 42 : 1); }`,
      ],
      { stdio: 'ignore' },
    );
    children.push(child);
    expect(await once(child, 'exit')).toEqual([42, null]);
  });
});
