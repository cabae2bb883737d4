import { randomFillSync } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { good } from '../../../sandbox/image/sample.ts';
import { waitUntil } from '../../../sandbox/machine/wait-until.ts';
import { readAccessLog } from '../../../sandbox/registry/access-log.ts';
import { type AttachedSandbox, attachSandbox } from '../../../sandbox/sandbox.ts';
import { createRegistries } from '../../../src/adapters/registry/registries.ts';
import { createEngineCluster } from '../../../src/adapters/swarm/engine/engine.ts';
import { silentLog } from '../../../src/core/log.ts';
import { createTimeOrderedIds } from '../../../src/core/time-ordered-id.ts';
import { openIntakeOf } from '../../../src/store/intake/open-intake.ts';
import { openStore } from '../../../src/store/sqlite/open-store.ts';
import { readDelivery } from '../../../src/store/intake/read-deliveries.ts';
import { createMetrics } from '../../../src/work/metrics/metrics.ts';
import { createWork } from '../../../src/work/work.ts';
import { ownSandbox } from '../../support/stage/own-sandbox.ts';
import { makeDelivery, pushOf } from '../../support/store/store-samples.ts';
import { createTestClock } from '../../support/work/test-clock.ts';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

/** All that the helper does by itself, as `serve` starts it, on a clock of the test's own. */
const startWork = (sandbox: AttachedSandbox) => {
  const folder = mkdtempSync(join(tmpdir(), 'quiet-'));
  const clock = createTestClock(() => {}, 1);
  const store = openStore(join(folder, 'store.db'));
  const metrics = createMetrics([]);
  const registries = createRegistries({
    insecure: [sandbox.registry.host],
    log: silentLog,
    now: clock.now,
  });
  const engine = createEngineCluster({ name: 'one', url: sandbox.engines[0].url });
  let probed = 0;
  const cluster: typeof engine = {
    ...engine,
    probe: async (signal) => {
      await engine.probe(signal);
      probed += 1;
    },
  };
  const clusters = [{ cluster, select: 'all' as const, maxParallel: 4 }];
  const newId = createTimeOrderedIds(clock.now, randomFillSync);
  const work = createWork({
    clusters,
    registries: metrics.countLookups(registries),
    db: store.db,
    openIntake: openIntakeOf(store),
    onChange: store.onChange,
    clock,
    newId,
    random: () => 0.5,
    log: silentLog,
    spentBudget: () => null,
    retention: { ageMs: 90 * DAY, deployments: 10_000, bytes: 1e9 },
    schedule: { schedule: null, timeZone: 'UTC', mode: 'report', onStart: 'off', jitterMs: 0 },
  });
  const watch = metrics.watch({
    clusters,
    db: store.db,
    onChange: store.onChange,
    version: { version: 'test', revision: 'test' },
    health: work.health.list,
    watch: work.healthWatch,
    leases: work.leases,
    store: () => ({ state: 'writable', reason: null, detail: null, since: null }),
    droppedLogLines: () => 0,
    followsIndex: registries.followsIndex,
    quotas: registries.quotas,
    clock,
    log: silentLog,
  });
  const stopped = new AbortController();
  const running = Promise.all([work.run(stopped.signal), watch(stopped.signal)]);
  running.catch(() => {});
  return {
    work,
    clock,
    store,
    newId,
    running,
    /** How often the cluster has answered whether it is up, which the helper asks by its clock. */
    probed: () => probed,
    stop: async () => {
      stopped.abort(new Error('told to stop'));
      await running.catch(() => {});
      clock.stop();
      await Promise.all([registries.close(), engine.close()]);
      await store.close();
      rmSync(folder, { recursive: true });
    },
  };
};

test('nothing is asked of a registry in a quiet hour after a push', async () => {
  const sandbox = attachSandbox(ownSandbox());
  onTestFinished(sandbox.close);
  const [{ services }] = sandbox.engines;
  const asked = async (): Promise<number> =>
    (await readAccessLog(sandbox.registry.accessLog)).filter(({ userAgent }) =>
      userAgent.includes('cd-helper'),
    ).length;
  const one = await sandbox.pushImage('quiet/web', 'v1', good('quiet one'));
  await services.deploy({ name: 'quiet', image: sandbox.image('quiet/web', 'v1', one.digest) });
  onTestFinished(() => services.remove('quiet'));
  const two = await sandbox.pushImage('quiet/web', 'v1', good('quiet two'));

  const { work, clock, store, newId, probed, stop } = startWork(sandbox);
  onTestFinished(stop);
  const receivedAt = new Date(clock.now()).toISOString();
  const pushes = [pushOf(sandbox.image('quiet/web', 'v1'), null)];
  const { id } = await work.acceptDelivery(makeDelivery({ id: newId(), receivedAt, pushes }));
  await waitUntil(
    async () => (await services.runningDigests('quiet')).includes(two.digest) || null,
    {
      what: 'the push is deployed',
      withinMs: 90_000,
    },
  );
  await waitUntil(
    async () => {
      // It looks again for a while, as the registry might lag behind its hook.
      clock.skip(MINUTE);
      const results = (await readDelivery(store.db, id))?.pushes.flatMap((push) => push.results);
      const isDone = results?.length === 1 && results.every(({ state }) => state === 'done');
      return isDone || null;
    },
    { what: 'the push has its end', withinMs: 90_000, everyMs: 250 },
  );

  const before = await asked();
  expect(before).toBeGreaterThan(0);
  const begun = probed();
  for (let minute = 0; minute < 60; minute += 1) {
    const seen = probed();
    clock.skip(MINUTE);
    // Whatever the minute brought has begun by the time that the cluster has answered its share of it.
    await waitUntil(async () => probed() > seen || null, {
      what: `minute ${minute} has passed`,
      withinMs: 30_000,
      everyMs: 5,
    });
  }
  expect(probed() - begun).toBeGreaterThanOrEqual(60);
  expect(await asked()).toBe(before);

  // And the log does show what is asked.
  const request = { cluster: null, services: ['quiet'], stacks: [], images: [], pin: false };
  const signal = AbortSignal.timeout(30_000);
  const by = { origin: 'person' as const, actor: null, signal };
  const run = await work.smartRedeploy.start({ ...request, dryRun: true }, by);
  expect(run.counts).toEqual({ current: 1 });
  expect(await asked()).toBe(before + 1);
});
