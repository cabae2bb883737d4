import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { waitUntil } from '../../../sandbox/machine/wait-until.ts';
import { startHelper } from '../../support/program/start-helper.ts';

const DESCRIPTORS = 80;

it('that no file descriptor is free is logged, and the helper goes on', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'no-descriptors-'));
  const helper = await startHelper({
    store: join(folder, 'store.db'),
    env: { CD_HELPER_ENGINE_URL: 'tcp://127.0.0.1:1' },
  });
  execFileSync('prlimit', ['--pid', String(helper.pid), `--nofile=${DESCRIPTORS}:${DESCRIPTORS}`]);
  const { hostname, port } = new URL(helper.url);
  const sockets: Socket[] = [];
  const fill = (): void => {
    for (let count = 0; count < DESCRIPTORS; count += 1) {
      sockets.push(connect(Number(port), hostname).on('error', () => {}));
    }
  };
  await waitUntil(
    async () => {
      fill();
      return helper.log.some(({ msg }) => msg.startsWith('no file descriptors are left')) || null;
    },
    { what: 'it is logged', withinMs: 60_000, everyMs: 500 },
  );
  for (const socket of sockets) socket.destroy();
  await waitUntil(async () => (await fetch(`${helper.url}/healthz`)).ok || null, {
    what: 'it answers again',
    withinMs: 30_000,
  });
  expect(await helper.stop()).toBe(0);
  rmSync(folder, { recursive: true });
}, 120_000);
