import {
  closeSync,
  copyFileSync,
  existsSync,
  linkSync,
  mkdtempSync,
  openSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { waitUntil } from '../../../sandbox/machine/wait-until.ts';
import type { StoreView } from '../../../src/core/contract/views.ts';
import {
  API_TOKEN,
  dockerHubPush,
  type RunningHelper,
  startHelper,
} from '../../support/program/start-helper.ts';

const WITHIN_MS = 20_000;
const FILES = ['store.db', 'store.db-wal'] as const;

let folder: string;
let store: string;
let helper: RunningHelper;
const start = async (): Promise<void> => {
  helper = await startHelper({ store, env: { CD_HELPER_ENGINE_URL: 'tcp://127.0.0.1:1' } });
};
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'store-lost-'));
  store = join(folder, 'store.db');
  await start();
});
afterEach(async () => {
  await helper.kill();
  rmSync(folder, { recursive: true });
});

const push = (): Promise<Response> => helper.postHook(dockerHubPush('acme/web', 'v1'));
const ready = async (): Promise<number> => (await fetch(`${helper.url}/readyz`)).status;
const known = (): Promise<StoreView> => helper.get<StoreView>('/store');
const metric = async (): Promise<string | undefined> => {
  const headers = { authorization: `Bearer ${API_TOKEN}` };
  const text = await (await fetch(`${helper.url}/metrics`, { headers })).text();
  return /^cd_helper_store_writable (\d)$/m.exec(text)?.[1];
};
const become = (state: StoreView['state']): Promise<StoreView> =>
  waitUntil(
    async () => {
      const view = await known();
      return view.state === state ? view : null;
    },
    { what: `the store is ${state}`, withinMs: WITHIN_MS, everyMs: 20 },
  );
const moveAway = (file: string): void => {
  const path = join(folder, file);
  if (existsSync(path)) renameSync(path, `${path}.away`);
};
const moveBack = (file: string): void =>
  renameSync(join(folder, `${file}.away`), join(folder, file));

/** One answer serves all who ask within half a second. */
const tells = (status: number, value: string): Promise<true> =>
  waitUntil(async () => ((await ready()) === status && (await metric()) === value ? true : null), {
    what: `/readyz answers ${status}, and the metric is ${value}`,
    withinMs: 10_000,
  });

describe.each(FILES)('%s', (file) => {
  it.each([
    ['files-deleted', () => moveAway(file)],
    [
      'files-replaced',
      // At once: between two steps the helper would find it deleted.
      () => {
        const path = join(folder, file);
        linkSync(path, `${path}.away`);
        copyFileSync(path, `${path}.new`);
        renameSync(`${path}.new`, path);
      },
    ],
  ] as const)(
    '%s: nothing is accepted that would be lost, and all say why',
    async (reason, lose) => {
      expect((await push()).status).toBe(202);
      expect([await ready(), await metric()]).toEqual([200, '1']);
      lose();
      // The very next one, before anybody looked at the files.
      const refused = await push();
      expect(refused.status).toBe(503);
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
      const view = await become('not-writable');
      expect(view).toMatchObject({ reason, since: expect.any(String) });
      expect(view.detail).toContain(join(folder, file));
      await tells(503, '0');
      const told = helper.log.filter(({ msg }) => msg.startsWith('the store is not writable'));
      expect(told).toEqual([expect.objectContaining({ reason, detail: view.detail })]);
      moveBack(file);
      await become('writable');
      expect((await push()).status).toBe(202);
      await tells(200, '1');
      await helper.kill();
      await start();
      expect(await helper.deliveries()).toHaveLength(2);
    },
  );

  it('is missed within a second, although nobody posts or asks', async () => {
    const from = Date.now();
    moveAway(file);
    const { since } = await become('not-writable');
    // The machine may be busy; the helper looks every half a second.
    expect(Date.parse(since ?? '') - from).toBeLessThan(1_000 + 2_000);
    moveBack(file);
  });
});

/** Pages of a table and its indexes that hold its rows. */
const leavesOf = (table: string): readonly number[] => {
  const database = new Database(store);
  try {
    return database
      .prepare(`select pageno from dbstat where name = ? and pagetype = 'leaf'`)
      .pluck()
      .all(table) as number[];
  } finally {
    database.close();
  }
};

it('is not ready while a damaged page keeps hooks from being stored', async () => {
  for (let count = 0; count < 60; count += 1) expect((await push()).status).toBe(202);
  await helper.stop();
  const pages = leavesOf('deliveries');
  const file = openSync(store, 'r+');
  for (const page of pages)
    writeSync(file, Buffer.alloc(4_096, 0xff), 0, 4_096, (page - 1) * 4_096);
  closeSync(file);
  await start();
  expect((await push()).status).toBe(503);
  expect(await become('not-writable')).toMatchObject({ reason: 'refuses-writes' });
  expect(await ready()).toBe(503);
  expect((await fetch(`${helper.url}/healthz`)).status).toBe(200);
});

it('is ready, and nothing of the question stays, where hooks can be stored', async () => {
  expect((await push()).status).toBe(202);
  const before = await helper.get('/queue');
  for (let count = 0; count < 3; count += 1) expect(await ready()).toBe(200);
  expect(await helper.deliveries()).toHaveLength(1);
  expect(JSON.stringify(await helper.get('/queue'))).toContain('"pushesWaiting":1');
  expect(before).toMatchObject({ items: [{ pushesWaiting: 1, checksWaiting: 1 }] });
});
