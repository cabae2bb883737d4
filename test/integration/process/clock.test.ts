import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { waitUntil } from '../../../sandbox/machine/wait-until.ts';
import { type FakeEngine, startFakeEngine } from '../../support/fake-engine/fake-engine.ts';
import { type FakeRegistry, startFakeRegistry } from '../../support/fake-registry/fake-registry.ts';
import { endedDeployments } from '../../support/stage/open-stage.ts';
import { type RunningHelper, startHelper } from '../../support/program/start-helper.ts';

const SKEW = fileURLToPath(new URL('../../support/program/skew-clock.ts', import.meta.url));
const HOUR_MS = 3_600_000;
const NAMES = ['a', 'b', 'c', 'd', 'e', 'f'];

let folder: string;
let engine: FakeEngine;
let registry: FakeRegistry;
let helper: RunningHelper;
const start = async (skewMs: number): Promise<void> => {
  helper = await startHelper({
    store: join(folder, 'store.db'),
    env: {
      CD_HELPER_ENGINE_URL: engine.url,
      CD_HELPER_REGISTRY_INSECURE: registry.host,
      NODE_OPTIONS: `--import=${SKEW}`,
      TEST_CLOCK_SKEW_MS: String(skewMs),
      TEST_CLOCK_JUMP_MS: String(-HOUR_MS),
    },
  });
};
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'clock-process-'));
  engine = await startFakeEngine({ pace: 'real', speed: 2 });
  registry = await startFakeRegistry();
  await start(0);
}, 60_000);
afterEach(async () => {
  await helper.stop();
  await Promise.all([engine.close(), registry.close()]);
  rmSync(folder, { recursive: true });
}, 60_000);

/** Six services in the middle of their updates. */
const pushAll = async (): Promise<void> => {
  for (const name of NAMES) {
    const from = registry.setTag(`acme/${name}`, 'v1', 'one');
    const image = `${registry.host}/acme/${name}:v1`;
    engine.addService({ name, image: `${image}@${from}`, replicas: 4 });
    registry.setTag(`acme/${name}`, 'v1', 'two');
    expect((await helper.postHook({ image })).status).toBe(202);
  }
  await waitUntil(
    async () =>
      (await helper.deployments()).filter(({ state }) => state === 'verifying').length >= 4 || null,
    { what: 'four are being verified', withinMs: 60_000, everyMs: 20 },
  );
};
const allSucceed = async (): Promise<void> => {
  for (const name of NAMES) {
    expect(await endedDeployments(helper, name)).toMatchObject([{ state: 'succeeded' }]);
  }
};

it('a clock set back an hour in the middle of rollouts delays none of them', async () => {
  await pushAll();
  process.kill(helper.pid, 'SIGUSR2');
  await allSucceed();
}, 120_000);

it('nor one that is set back while the helper is stopped', async () => {
  await pushAll();
  await helper.stop();
  await start(-HOUR_MS);
  await allSucceed();
}, 120_000);
