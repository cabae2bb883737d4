import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import Database from 'better-sqlite3';
import { afterEach, expect, test } from 'vitest';
import { readEverything } from '../../../test/support/store/read-everything.ts';
import { claimCheck, releaseChecks } from '../check-queue/check-queue.ts';
import { openStore } from './open-store.ts';
import { takeKey } from '../access/request-keys.ts';

/**
 * A store with rows in every table, written by the version with six migrations (commit 026ad6d), and what that version
 * read from it. Never regenerate either: they prove that old stores can be read.
 */
const STORE = new URL('../../../test/support/store/earlier/first.db.gz', import.meta.url);
const EXPECTED = new URL('../../../test/support/store/earlier/first.json', import.meta.url);

/** Replaces names that have changed since. */
const withNewNames = (text: string): string =>
  text.replaceAll('"kind": "rolled-back"', '"kind": "left-by-person"');

const { now, ...expected } = JSON.parse(withNewNames(readFileSync(EXPECTED, 'utf8'))) as {
  readonly now: number;
};

let folder: string | null = null;
afterEach(() => {
  if (folder !== null) rmSync(folder, { recursive: true });
  folder = null;
});

const copy = (): string => {
  folder = mkdtempSync(join(tmpdir(), 'earlier-store-'));
  const path = join(folder, 'cd-helper.db');
  writeFileSync(path, gunzipSync(readFileSync(STORE)));
  return path;
};

/** Rows of each table of a store's file. */
const countRows = (path: string): Readonly<Record<string, number>> => {
  const database = new Database(path);
  try {
    const tables = database
      .prepare<[], { name: string }>("SELECT name FROM sqlite_master WHERE type = 'table'")
      .all();
    return Object.fromEntries(
      tables.map(({ name }) => [
        name,
        Number(database.prepare(`SELECT count(*) FROM ${name}`).pluck().get()),
      ]),
    );
  } finally {
    database.close();
  }
};

/** As JSON, so that missing and undefined are the same. */
const asJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

test('a store of an earlier version opens with everything in it', async () => {
  const store = openStore(copy());
  try {
    expect(store.isNew).toBe(false);
    expect(asJson(await readEverything(store, now))).toMatchObject(expected);
  } finally {
    await store.close();
  }
});

test('every row of a store of an earlier version is kept', async () => {
  const path = copy();
  const before = countRows(path);
  expect(Object.keys(before)).toHaveLength(21);
  expect(Object.values(before).every((count) => count > 0)).toBe(true);
  await openStore(path).close();
  expect(countRows(path)).toMatchObject(before);
});

/** Cluster, repository and number of waiting pushes, including the check of `two` that was in progress. */
const CLAIMED = [
  'one docker.io/acme/frozen 1',
  'one ghcr.io/acme/api 1',
  'one registry.local:5000/team/tool 1',
  'two docker.io/acme/web 1',
  'two ghcr.io/acme/api 1',
];

test('what waited in a store of an earlier version goes on', async () => {
  const store = openStore(copy());
  try {
    for (const cluster of ['one', 'two']) await releaseChecks(store.db, cluster, now);
    const claimed: string[] = [];
    for (const cluster of ['one', 'two']) {
      for (;;) {
        const check = await claimCheck(store.db, cluster, now + 60_000);
        if (check === null) break;
        claimed.push(`${cluster} ${check.name} ${check.pushes.length}`);
      }
    }
    expect(claimed.toSorted()).toEqual(CLAIMED);
    const key = { actor: 'oncall', key: 'key-1', request: 'digest-of-request' };
    expect(await takeKey(store.db, key, now)).toEqual({
      kind: 'answered',
      answer: { status: 202, body: '{"id":"1"}' },
    });
  } finally {
    await store.close();
  }
});
