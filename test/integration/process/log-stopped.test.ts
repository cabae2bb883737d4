import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { waitUntil } from '../../../sandbox/machine/wait-until.ts';

const MAIN = fileURLToPath(new URL('../../../src/main.ts', import.meta.url));
const SECRET = 'a-path-secret-for-tests-only-0123456789';
const TOKEN = 'an-operator-token-for-tests-only-0123456789';
const IMAGE = `registry.example/${'long-name/'.repeat(20)}app:v1`;

let folder: string;
let url: string;
let child: ChildProcess;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'log-stopped-'));
});
afterEach(() => {
  child.kill('SIGKILL');
  rmSync(folder, { recursive: true });
});

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });

const start = async (stdout: 'pipe' | number): Promise<void> => {
  const port = await freePort();
  url = `http://127.0.0.1:${port}`;
  child = spawn(process.execPath, [MAIN, 'serve'], {
    env: {
      PATH: process.env['PATH'],
      HOME: '/nonexistent',
      CD_HELPER_LISTEN: `127.0.0.1:${port}`,
      CD_HELPER_STORE: join(folder, 'store.db'),
      CD_HELPER_HOOK_SECRET: SECRET,
      CD_HELPER_API_TOKEN: TOKEN,
      CD_HELPER_ENGINE_URL: 'tcp://127.0.0.1:1',
      CD_HELPER_LOG_LEVEL: 'debug',
    },
    stdio: ['ignore', stdout, 'ignore'],
  });
  await waitUntil(async () => ((await ask('/healthz').catch(() => null))?.ok ? true : null), {
    what: 'the helper answers',
    withinMs: 60_000,
    everyMs: 100,
  });
};
const ask = (path: string, init: RequestInit = {}): Promise<Response> =>
  fetch(`${url}${path}`, { signal: AbortSignal.timeout(20_000), ...init });
const hook = async (): Promise<number> => {
  const body = JSON.stringify({ image: IMAGE });
  const headers = { 'content-type': 'application/json' };
  return (await ask(`/hooks/${SECRET}`, { method: 'POST', headers, body })).status;
};
const dropped = async (): Promise<number> => {
  const answer = await ask('/metrics', { headers: { authorization: `Bearer ${TOKEN}` } });
  const [, count] = /^cd_helper_log_lines_dropped_total (\d+)$/m.exec(await answer.text()) ?? [];
  return Number(count);
};
/** Hooks, each of which is logged, until lines are lost. */
const logUntilDropped = async (): Promise<void> => {
  const before = await dropped();
  for (let round = 0; round < 200 && (await dropped()) === before; round += 1) {
    const statuses = await Promise.all(Array.from({ length: 50 }, hook));
    expect([...new Set(statuses)]).toEqual([202]);
  }
  expect(await dropped()).toBeGreaterThan(before);
};
const stop = async (): Promise<number | null> => {
  const gone = new Promise<number | null>((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  return Promise.race([
    gone,
    new Promise<never>((_, reject) => {
      setTimeout(() => reject(new Error('it does not end')), 20_000).unref();
    }),
  ]);
};

describe('a log that nobody takes stops neither the work nor the end', () => {
  it('a pipe whose reader has stopped; when it reads on it is told what was lost', async () => {
    await start('pipe');
    child.stdout?.pause();
    await logUntilDropped();
    let text = '';
    child.stdout?.on('data', (chunk: Buffer) => (text += chunk.toString()));
    child.stdout?.resume();
    await waitUntil(async () => text.includes('log lines were dropped') || null, {
      what: 'it is told what was lost',
      withinMs: 20_000,
    });
    expect(text).toMatch(/"lines":[1-9]\d*,"msg":"log lines were dropped/);
    child.stdout?.removeAllListeners('data');
    child.stdout?.pause();
    await logUntilDropped();
    expect(await stop()).toBe(0);
  }, 120_000);

  it('a full disk', async () => {
    const full = openSync('/dev/full', 'w');
    await start(full);
    closeSync(full);
    await logUntilDropped();
    expect(await stop()).toBe(0);
  }, 120_000);
});
