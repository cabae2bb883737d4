import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { pidOfEngine } from '../support/stage/engine-process.ts';
import { ownSandbox } from '../support/stage/own-sandbox.ts';
import {
  type RunningHelper,
  runHelperToEnd,
  startHelper,
} from '../support/program/start-helper.ts';

const STOPPED_WITHIN_MS = 10_000;

describe('starting and stopping', () => {
  let folder: string;
  let helper: RunningHelper | null;
  beforeEach(({ onTestFailed }) => {
    folder = mkdtempSync(join(tmpdir(), 'start-'));
    helper = null;
    onTestFailed(() => {
      process.stderr.write(helper?.output() ?? '');
    });
  });
  afterEach(async () => {
    await helper?.kill();
    rmSync(folder, { recursive: true });
  });

  const options = (store = 'store.db') => ({
    store: join(folder, store),
    env: { CD_HELPER_ENGINE_URL: ownSandbox().engines[0].url },
  });

  test('a second helper on the same store is refused, and harms neither the first nor the next', async () => {
    helper = await startHelper(options());
    const image = 'registry.invalid/start/nobody:v1';
    expect((await helper.postHook({ image })).status).toBe(202);
    const second = await runHelperToEnd(options());
    expect(second.code).toBe(1);
    expect(second.output).toContain('in use by another process');
    expect((await helper.postHook({ image })).status).toBe(202);
    await helper.kill();
    helper = await startHelper(options());
    expect((await helper.deliveries()).length).toBe(2);
  });

  test('an address that is taken ends it with a reason', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
    const { code, output } = await runHelperToEnd({ ...options(), port });
    server.close();
    expect(code).toBe(1);
    expect(output).toMatch(
      /cd-helper: cannot listen on 127\.0\.0\.1:\d+: another process already listens there/,
    );
  });

  test.each(['a file that is no store', 'a folder that is a file'])(
    '%s ends it with a reason, and is left as it was',
    async (what) => {
      const content = 'this is no database, and long enough to be read'.repeat(100);
      writeFileSync(join(folder, 'broken'), content);
      const store = what === 'a folder that is a file' ? 'broken/store.db' : 'broken';
      // A configuration file could not be written beside the store.
      const env = { ...options().env, CD_HELPER_CONFIG: '' };
      const { code, output } = await runHelperToEnd({ store: join(folder, store), env });
      expect(code).toBe(1);
      expect(output).toMatch(/cd-helper: the store .*broken/);
      expect(readFileSync(join(folder, 'broken'), 'utf8')).toBe(content);
    },
  );

  test('SIGTERM ends it at once, also while an engine gives no answer', async () => {
    const { engines } = ownSandbox();
    const [, engine] = engines;
    if (engine === undefined) throw new Error('two engines are needed');
    helper = await startHelper({
      store: join(folder, 'store.db'),
      env: { CD_HELPER_ENGINE_URL: engine.url },
    });
    const pid = pidOfEngine(engine.socket);
    process.kill(pid, 'SIGSTOP');
    try {
      const answer = await helper.postHook({ image: 'registry.invalid/start/slow:v1' });
      expect(answer.status).toBe(202);
      // Long enough for the request to the engine to be in progress. Its answer never comes.
      await delay(500);
      const began = performance.now();
      expect(await helper.stop()).toBe(0);
      expect(performance.now() - began).toBeLessThan(STOPPED_WITHIN_MS);
    } finally {
      process.kill(pid, 'SIGCONT');
    }
  });
});
