import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { waitUntil } from '../../../sandbox/machine/wait-until.ts';
import { type FakeEngine, startFakeEngine } from '../../support/fake-engine/fake-engine.ts';
import { type FakeRegistry, startFakeRegistry } from '../../support/fake-registry/fake-registry.ts';
import { startProgram } from '../../support/program/run-program.ts';
import {
  API_TOKEN,
  dockerHubPush,
  HOOK_SECRET,
  type RunningHelper,
  startHelper,
} from '../../support/program/start-helper.ts';

const VIEWER = 'a-viewer-token-for-tests-only-0123456789';
const SCOPED = 'a-scoped-token-for-tests-only-0123456789';
const WITHIN_MS = 60_000;

let folder: string;
let engine: FakeEngine;
let registry: FakeRegistry;
let helpers: RunningHelper[];
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'backup-'));
  helpers = [];
  engine = await startFakeEngine({ startAt: Date.now(), settledMs: 3_600_000 });
  registry = await startFakeRegistry();
});
afterEach(async () => {
  for (const helper of helpers) await helper.kill();
  await Promise.all([engine.close(), registry.close()]);
  rmSync(folder, { recursive: true });
});

const at = (name: string): string => join(folder, name);
const start = async (store: string): Promise<RunningHelper> => {
  const helper = await startHelper({
    store: at(store),
    env: { CD_HELPER_API_TOKEN: '', CD_HELPER_HOOK_SECRET: '' },
    config: {
      clusters: [{ name: 'default', type: 'engine', url: engine.url.replace('http://', 'tcp://') }],
      registries: [{ host: registry.host, insecure: true }],
      hooks: { secrets: [{ name: 'main', value: HOOK_SECRET }] },
      api: {
        tokens: [
          { name: 'oncall', role: 'operator', value: API_TOKEN },
          { name: 'wall', role: 'viewer', value: VIEWER },
          { name: 'team', role: 'operator', value: SCOPED, stacks: ['shop'] },
        ],
      },
    },
  });
  helpers.push(helper);
  return helper;
};
const run = async (args: readonly string[], env: Readonly<Record<string, string>> = {}) => {
  const program = startProgram(args, { env });
  const status = await program.ended;
  return { status, out: program.out(), err: program.err() };
};
const backUp = (helper: RunningHelper, file: string, token = API_TOKEN) =>
  run(['backup', at(file), '--json'], {
    CD_HELPER_URL: helper.url,
    CD_HELPER_API_TOKEN: token,
  });
const restore = (file: string, store: string, ...more: readonly string[]) =>
  run(['restore', at(file), ...more], { CD_HELPER_STORE: at(store) });
const succeeded = (helper: RunningHelper, count: number) =>
  waitUntil(
    async () => {
      const all = await helper.deployments('?state=succeeded');
      return all.length >= count ? all : null;
    },
    { what: `${count} deployments succeeded`, withinMs: WITHIN_MS },
  );

/** Publishes another image under the tag, and tells of it as registries do. */
const push = async (helper: RunningHelper, content: string): Promise<void> => {
  registry.setTag('acme/web', 'v1', content);
  const event = { image: `${registry.host}/acme/web:v1` };
  const { status } = await helper.postHook(event);
  expect(status).toBe(202);
};

test('a backup under a load of webhooks restores to a helper that goes on', async () => {
  const first = registry.setTag('acme/web', 'v1', 'one');
  engine.addService({ name: 'web', image: `${registry.host}/acme/web:v1@${first}` });
  const helper = await start('store.db');
  await push(helper, 'two');
  await succeeded(helper, 1);
  // Until the backup is there, and some before it begins.
  const loaded = new AbortController();
  const accepted: string[] = [];
  const load = Array.from({ length: 4 }, async (_, sender) => {
    for (let count = 0; !loaded.signal.aborted; count += 1) {
      const answer = await helper.postHook(dockerHubPush(`acme/load-${sender}`, `v${count}`));
      expect(answer.status).toBe(202);
      accepted.push(((await answer.json()) as { delivery: string }).delivery);
    }
  });
  await waitUntil(async () => (accepted.length > 50 ? true : null), {
    what: 'the load has begun',
    withinMs: WITHIN_MS,
  });
  const before = [...accepted];
  const made = await backUp(helper, 'backup.db');
  loaded.abort();
  await Promise.all(load);
  expect(made).toMatchObject({ status: 0, err: '' });
  expect(JSON.parse(made.out)).toEqual({
    file: at('backup.db'),
    bytes: statSync(at('backup.db')).size,
  });
  expect(statSync(at('backup.db')).mode & 0o777).toBe(0o600);
  // Nothing of it stays beside the store.
  expect(readdirSync(folder).filter((name) => name.includes('store.db.'))).toEqual([
    'store.db.yml',
  ]);
  const { items } = await helper.get<{ items: { actor: string; action: string }[] }>('/actions');
  expect(items[0]).toMatchObject({ actor: 'oncall', action: 'backup' });
  await helper.kill();

  const restored = await restore('backup.db', 'other.db', '--json');
  expect(restored).toMatchObject({ status: 0, err: '' });
  const next = await start('other.db');
  const kept = new Set((await next.deliveries()).map(({ id }) => id));
  expect(before.filter((id) => !kept.has(id))).toEqual([]);
  expect(await next.deployments('?state=succeeded')).toHaveLength(1);
  await push(next, 'three');
  expect(await succeeded(next, 2)).toHaveLength(2);
});

describe('a backup', () => {
  test('is for operators of everything, and never over a file', async () => {
    const helper = await start('store.db');
    const viewer = await backUp(helper, 'backup.db', VIEWER);
    expect(viewer).toMatchObject({
      status: 1,
      err: expect.stringMatching(/the token is read-only/),
    });
    const scoped = await backUp(helper, 'backup.db', SCOPED);
    expect(scoped).toMatchObject({ status: 1, err: expect.stringMatching(/whole installation/) });
    expect(readdirSync(folder)).not.toContain('backup.db');
    writeFileSync(at('backup.db'), 'mine');
    const there = await backUp(helper, 'backup.db');
    expect(there).toMatchObject({ status: 2, err: expect.stringMatching(/exists already\n/) });
    expect(readFileSync(at('backup.db'), 'utf8')).toBe('mine');
    const nowhere = await backUp(helper, 'none/backup.db');
    expect(nowhere).toMatchObject({
      status: 1,
      err: expect.stringMatching(/could not be written: there is no such file/),
    });
  });

  test('is made one at a time', async () => {
    const helper = await start('store.db');
    const answers = await Promise.all(
      Array.from({ length: 5 }, () =>
        fetch(`${helper.url}/api/v1/backup`, { headers: { authorization: `Bearer ${API_TOKEN}` } }),
      ),
    );
    const statuses = answers.map(({ status }) => status).toSorted((a, b) => a - b);
    await Promise.all(answers.map((answer) => answer.arrayBuffer()));
    expect(statuses[0]).toBe(200);
    expect(new Set(statuses)).toEqual(new Set([200, 409]));
  });
});

describe('restore', () => {
  test('refuses a store that is in use, and one that holds anything', async () => {
    const helper = await start('store.db');
    await helper.postHook(dockerHubPush('acme/web', 'v1'));
    expect(await backUp(helper, 'backup.db')).toMatchObject({ status: 0 });
    const inUse = await restore('backup.db', 'store.db');
    expect(inUse).toMatchObject({
      status: 1,
      out: '',
      err: expect.stringMatching(/is in use by another process.*\nstop the helper first\n/),
    });
    await helper.stop();
    const full = await restore('backup.db', 'store.db');
    expect(full).toMatchObject({
      status: 1,
      out: '',
      err: expect.stringMatching(/is not empty: it holds deliveries.*name an empty one/),
    });
  });

  test('ends what was queued, says so, and leaves no store where it fails', async () => {
    const helper = await start('store.db');
    const web = registry.setTag('acme/web', 'v1', 'one');
    engine.addService({ name: 'web', image: `${registry.host}/acme/web:v1@${web}` });
    engine.inject({ kind: 'status', status: 503, message: 'busy', on: { method: 'POST' } });
    await push(helper, 'two');
    await waitUntil(async () => ((await helper.deployments()).length > 0 ? true : null), {
      what: 'a deployment waits',
      withinMs: WITHIN_MS,
    });
    expect(await backUp(helper, 'backup.db')).toMatchObject({ status: 0 });
    await helper.kill();
    const restored = await restore('backup.db', 'other.db');
    expect(restored.out).toMatch(/^Restored .*backup\.db into .*other\.db\.$/m);
    expect(restored.out).toMatch(/rows, verified by counts and checksums: 1 delivery, 1 deploy/);
    expect(restored.out).toMatch(/^Ended as "skipped: restored": 1 deployment, 1 push\.$/m);
    const next = await start('other.db');
    expect(await next.deployments()).toMatchObject([{ state: 'skipped', reason: 'restored' }]);
    writeFileSync(at('broken.db'), 'no database at all, but long enough to be read as one');
    const broken = await restore('broken.db', 'third.db');
    expect(broken).toMatchObject({ status: 1, err: expect.stringMatching(/^\S+ .*damaged.*\n$/) });
    expect(readdirSync(folder).filter((name) => name.startsWith('third'))).toEqual([]);
  });
});

test('store copy moves a store, with its sign-ins, and leaves the source', async () => {
  const helper = await start('store.db');
  await helper.postHook(dockerHubPush('acme/web', 'v1'));
  const copy = (...args: readonly string[]) =>
    run(['store', 'copy', ...args], { CD_HELPER_STORE: at('store.db') });
  expect(await copy('--to', at('other.db'))).toMatchObject({
    status: 1,
    err: expect.stringMatching(/in use.*\nstop the helper first/),
  });
  await helper.stop();
  const source = readFileSync(at('store.db'));
  writeFileSync(at('target'), `${at('other.db')}\n`);
  const copied = await copy('--to-file', at('target'));
  expect(copied).toMatchObject({ status: 0, err: '' });
  expect(copied.out).toMatch(/^Copied .*store\.db into .*other\.db\.\n.*: 1 delivery\.\n/);
  expect(readFileSync(at('store.db')).equals(source)).toBe(true);
  expect((await copy('--to', at('other.db'))).err).toMatch(/is not empty/);
  expect((await copy()).status).toBe(2);
  const next = await start('other.db');
  expect(await next.deliveries()).toHaveLength(1);
});
