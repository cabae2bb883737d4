import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, expect, test } from 'vitest';
import { readEverything } from '../../test/support/read-everything.ts';
import { claimLook, releaseLooks } from './looks.ts';
import { openStore } from './open-store.ts';
import { takeKey } from './request-keys.ts';

/**
 * A store with something in every table, written by the six migrations that there were in 2026, and what
 * the readers of that version told of it. Neither is ever written anew: that is what they prove.
 */
const STORE = new URL('../../test/support/stores/first.db.gz', import.meta.url);
const EXPECTED = new URL('../../test/support/stores/first.json', import.meta.url);

/** What has been given another name since. */
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

const openCopy = () => {
  folder = mkdtempSync(join(tmpdir(), 'earlier-store-'));
  const path = join(folder, 'cd-helper.db');
  writeFileSync(path, gunzipSync(readFileSync(STORE)));
  return openStore(path);
};

/** As JSON has it, so that what is missing and what is undefined are the same. */
const asJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

test('a store of an earlier version opens with everything in it', async () => {
  const store = openCopy();
  try {
    expect(store.isNew).toBe(false);
    expect(asJson(await readEverything(store, now))).toMatchObject(expected);
  } finally {
    await store.close();
  }
});

/** Cluster, repository and how many pushes wait; the look of `two` that was under way is among them. */
const CLAIMED = [
  'one docker.io/acme/frozen 1',
  'one ghcr.io/acme/api 1',
  'one registry.local:5000/team/tool 1',
  'two docker.io/acme/web 1',
  'two ghcr.io/acme/api 1',
];

test('what waited in a store of an earlier version goes on', async () => {
  const store = openCopy();
  try {
    await releaseLooks(store.db, now);
    const claimed: string[] = [];
    for (const cluster of ['one', 'two']) {
      for (;;) {
        const look = await claimLook(store.db, cluster, now + 60_000);
        if (look === null) break;
        claimed.push(`${cluster} ${look.name} ${look.pushes.length}`);
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
