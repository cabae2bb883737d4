import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openStore } from '../../../src/store/sqlite/open-store.ts';
import { API_TOKEN, type RunningHelper, startHelper } from '../../support/program/start-helper.ts';

const LONG_AGO_MS = 120_000;

let folder: string;
let helper: RunningHelper;
const start = async (): Promise<void> => {
  helper = await startHelper({
    store: join(folder, 'store.db'),
    env: { CD_HELPER_ENGINE_URL: 'tcp://127.0.0.1:1' },
  });
};
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'full-disk-'));
  await start();
});
afterEach(async () => {
  await helper.stop();
  rmSync(folder, { recursive: true });
});

/** No file of the helper can be written at any place, as on a disk that is full. */
const fillDisk = (isFull: boolean): void => {
  const limit = isFull ? '0' : 'unlimited';
  execFileSync('prlimit', ['--pid', String(helper.pid), `--fsize=${limit}:unlimited`]);
};

const ask = (cookie: string, path: string, init: RequestInit = {}): Promise<Response> =>
  fetch(`${helper.url}${path}`, {
    ...init,
    headers: { cookie, 'x-cd-helper': 'dashboard', 'content-type': 'application/json' },
  });

const signIn = async (): Promise<string> => {
  const body = JSON.stringify({ token: API_TOKEN });
  const { headers } = await ask('', '/api/v1/session', { method: 'POST', body });
  return (headers.get('set-cookie') ?? '').split(';')[0] ?? '';
};

/** So that the next use of a session has to be written down. */
const letSessionsRest = async (): Promise<void> => {
  await helper.stop();
  const store = openStore(join(folder, 'store.db'));
  const { used_at: usedAt } = await store.db
    .selectFrom('sessions')
    .select('used_at')
    .executeTakeFirstOrThrow();
  await store.db
    .updateTable('sessions')
    .set({ used_at: usedAt - LONG_AGO_MS })
    .execute();
  await store.close();
  await start();
};

it('a full disk keeps nobody who is signed in from reading', async () => {
  const cookie = await signIn();
  await letSessionsRest();
  fillDisk(true);
  const body = JSON.stringify({ service: 'web', reason: 'to see whether it is full' });
  const frozen = await ask(cookie, '/api/v1/freezes', { method: 'POST', body });
  expect(frozen.status).toBeGreaterThanOrEqual(500);
  for (const list of ['session', 'services', 'deployments', 'deliveries', 'runs', 'actions']) {
    const { status } = await ask(cookie, `/api/v1/${list}`);
    expect([list, status]).toEqual([list, 200]);
  }
  expect((await ask(cookie, '/readyz')).status).toBe(503);
  const told = helper.log.filter(({ msg }) => msg.startsWith('the use of a session'));
  expect(told).toHaveLength(1);
  fillDisk(false);
  expect((await ask(cookie, '/api/v1/freezes', { method: 'POST', body })).status).toBe(201);
}, 60_000);
