import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openStore } from '../../../src/store/sqlite/open-store.ts';
import { runProgram } from '../../support/program/run-program.ts';

let folder: string;
let taken: Server;
let port: number;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'start-refused-'));
  taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const address = taken.address();
  port = typeof address === 'object' ? (address?.port ?? 0) : 0;
});
afterEach(() => {
  taken.close();
  rmSync(folder, { recursive: true });
});

const serve = (listen: string, store: string) =>
  runProgram(['serve'], {
    env: {
      CD_HELPER_LISTEN: listen,
      CD_HELPER_STORE: join(folder, store),
      CD_HELPER_ENGINE_URL: `unix://${join(folder, 'none.sock')}`,
    },
  });

it('on a port that is in use ends with one sentence, and makes no store', async () => {
  const { status, err, out } = await serve(`127.0.0.1:${port}`, 'data/store.db');
  expect(status).toBe(1);
  expect(err).toBe(
    `cd-helper: cannot listen on 127.0.0.1:${port}: another process already listens there; stop it, or choose another address with CD_HELPER_LISTEN\n`,
  );
  expect(out).not.toMatch(/stack|\bat .*\.ts/);
  expect(existsSync(join(folder, 'data'))).toBe(false);
});

it('on a store that is in use ends with one sentence', async () => {
  const store = openStore(join(folder, 'store.db'));
  await store.tryToWrite();
  const { status, err, out } = await serve('127.0.0.1:0', 'store.db');
  await store.close();
  expect(status).toBe(1);
  expect(err).toMatch(/^cd-helper: the store \S+ is in use by another process: .*\n$/);
  expect(out).not.toMatch(/stack|\bat .*\.ts/);
});
