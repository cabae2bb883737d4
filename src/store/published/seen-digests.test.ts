import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Digest } from '../../core/image/digest.ts';
import type { Store } from '../sqlite/open-store.ts';
import { openTestStore } from '../../../test/support/store/open-test-store.ts';
import { recordLookups } from './published.ts';
import { markGone, pruneSeen, readSeen, recordRan } from './seen-digests.ts';

let folder: string;
let store: Store;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'seen-digests-'));
  store = await openTestStore(join(folder, 'cd-helper.db'));
});
afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

const NAME = 'docker.io/acme/web';
const digest = (name: string): Digest => `sha256:${name}` as Digest;

const shown = (name: string, at: number, askedAt = at): Promise<void> =>
  recordLookups(
    store.db,
    [
      {
        name: NAME,
        tag: 'v1',
        lookup: { kind: 'published', digest: digest(name), mediaType: '' },
        members: null,
        askedAt,
      },
    ],
    at,
  );

const seen = async () =>
  ((await readSeen(store.db, [NAME])).get(NAME) ?? [])
    .toSorted((a, b) => a.appearedAt - b.appearedAt)
    .map((one) => [one.digest.slice(7), one.firstSeenAt, one.appearedAt, one.isGone]);

test('a digest that comes back counts from its first time for age, and from its last for order', async () => {
  await shown('a', 10);
  await shown('a', 15);
  await shown('b', 20);
  await shown('a', 30);
  expect(await seen()).toEqual([
    ['b', 20, 20, false],
    ['a', 10, 30, false],
  ]);
});

test('what came later is newer, whatever the clock says', async () => {
  await shown('a', 50);
  await shown('b', 50);
  await shown('c', 40);
  expect((await seen()).map(([name]) => name)).toEqual(['a', 'b', 'c']);
});

test('an answer that is out of date says nothing', async () => {
  await shown('a', 50);
  await shown('b', 60, 40);
  expect((await seen()).map(([name]) => name)).toEqual(['a']);
});

test('what ran before it was first looked at is older than what is shown', async () => {
  await shown('b', 50);
  const ran = { name: NAME, tag: 'v1', digest: digest('a'), shown: digest('b') };
  await recordRan(store.db, ran, 60);
  await recordRan(store.db, ran, 70);
  expect(await seen()).toEqual([
    ['a', 60, 49, false],
    ['b', 50, 50, false],
  ]);
});

test('what is gone is so until it is shown again', async () => {
  await shown('a', 10);
  await markGone(store.db, { name: NAME, tag: 'v1', digest: digest('a') }, 20);
  expect(await seen()).toEqual([['a', 10, 10, true]]);
  await shown('b', 30);
  await shown('a', 40);
  expect((await seen()).at(-1)).toEqual(['a', 10, 40, false]);
});

test('of what is old, the newest of each tag is kept', async () => {
  for (const [index, name] of ['a', 'b', 'c'].entries()) await shown(name, (index + 1) * 10);
  expect(await pruneSeen(store.db, 25)).toBe(1);
  expect((await seen()).map(([name]) => name)).toEqual(['b', 'c']);
});
