import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startHelper } from '../../support/program/start-helper.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'image-health-'));
  // As the image has it: beside the compiled program.
  copyFileSync('deploy/healthcheck.mjs', join(folder, 'healthcheck.mjs'));
  mkdirSync(join(folder, 'dist'));
  const loadConfig = pathToFileURL(resolve('src/config/load-config.ts')).href;
  writeFileSync(
    join(folder, 'dist', 'load-config.js'),
    `export * from ${JSON.stringify(loadConfig)};\n`,
  );
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
});
afterAll(() => rmSync(folder, { recursive: true }));

/** What the health check finds, with the variables of the helper's container. */
const check = (
  pid: number,
  env: Readonly<Record<string, string>> = {},
): Promise<{ readonly code: unknown; readonly said: string }> =>
  new Promise((done) => {
    const program = join(folder, 'healthcheck.mjs');
    execFile(process.execPath, [program, String(pid)], { env }, (error, said) =>
      done({ code: error?.code ?? 0, said }),
    );
  });

const freePort = async (): Promise<number> => {
  const server = createServer();
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  await new Promise((closed) => server.close(closed));
  return port;
};

it('asks where the file says that the arguments name', async () => {
  const port = await freePort();
  const helper = await startHelper({
    store: join(folder, 'store.db'),
    config: { listen: `127.0.0.1:${port}` },
    configByArgument: true,
    env: { CD_HELPER_LISTEN: '' },
  });
  try {
    expect(await check(helper.pid)).toEqual({ code: 0, said: 'healthz: 200\n' });
    // A variable wins over the file, for the helper as for its check.
    const elsewhere = { CD_HELPER_LISTEN: `127.0.0.1:${await freePort()}` };
    expect(await check(helper.pid, elsewhere)).toMatchObject({ code: 1 });
  } finally {
    await helper.stop();
  }
});
