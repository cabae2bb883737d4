import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { waitUntil } from '../../../sandbox/machine/wait-until.ts';
import { type FakeEngine, startFakeEngine } from '../../support/fake-engine/fake-engine.ts';
import { type FakeRegistry, startFakeRegistry } from '../../support/fake-registry/fake-registry.ts';
import { type Receiver, startReceiver } from '../../support/notify/notify-receiver.ts';
import { endedDeployments } from '../../support/stage/open-stage.ts';
import { type RunningHelper, startHelper } from '../../support/program/start-helper.ts';

let folder: string;
let engine: FakeEngine;
let registry: FakeRegistry;
let receiver: Receiver;
let helper: RunningHelper;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'full-disk-process-'));
  engine = await startFakeEngine({ pace: 'real', speed: 20 });
  registry = await startFakeRegistry();
  receiver = await startReceiver();
  helper = await startHelper({
    store: join(folder, 'store.db'),
    config: {
      clusters: [{ name: 'production', type: 'engine', url: engine.url }],
      registries: [{ host: registry.host, insecure: true }],
      notifications: [{ name: 'hook', type: 'webhook', url: receiver.url }],
    },
  });
});
afterEach(async () => {
  await helper.stop();
  await receiver[Symbol.asyncDispose]();
  await Promise.all([engine.close(), registry.close()]);
  rmSync(folder, { recursive: true });
});

/** No file of the helper can be written at any place, as on a disk that is full. */
const fillDisk = (isFull: boolean): void => {
  const limit = isFull ? '0' : 'unlimited';
  execFileSync('prlimit', ['--pid', String(helper.pid), `--fsize=${limit}:unlimited`]);
};

it('a disk that is full for a while in the middle of a rollout ends nothing', async () => {
  const from = registry.setTag('acme/web', 'v1', 'one');
  const image = `${registry.host}/acme/web:v1`;
  engine.addService({ name: 'web', image: `${image}@${from}`, replicas: 4 });
  const second = registry.setTag('acme/web', 'v1', 'two');
  await helper.postHook({ image });
  await waitUntil(async () => engine.updates.length > 0 || null, {
    what: 'the update is sent',
    withinMs: 60_000,
    everyMs: 2,
  });
  fillDisk(true);
  await waitUntil(async () => helper.log.some(({ level }) => level === 'error') || null, {
    what: 'a write has failed',
    withinMs: 60_000,
  });
  expect((await helper.postHook({ image })).status).toBe(503);
  fillDisk(false);
  expect(await endedDeployments(helper, 'web')).toMatchObject([{ state: 'succeeded', to: second }]);
  const third = registry.setTag('acme/web', 'v1', 'three');
  await helper.postHook({ image });
  const [, next] = await endedDeployments(helper, 'web', 2);
  expect(next).toMatchObject({ state: 'succeeded', to: third });
  expect(engine.updates).toHaveLength(2);
  await receiver.first(2);
}, 120_000);
