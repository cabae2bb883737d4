import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { good } from '../../../sandbox/image/sample.ts';
import { waitUntil } from '../../../sandbox/machine/wait-until.ts';
import { attachSandbox } from '../../../sandbox/sandbox.ts';
import type { Services } from '../../../sandbox/swarm/services.ts';
import type { Digest } from '../../../src/core/image/digest.ts';
import type { ClusterView, Page } from '../../../src/core/contract/views.ts';
import { startEngineProxy } from '../../chaos/engine-proxy.ts';
import { pidOfEngine } from '../../support/stage/engine-process.ts';
import { type Gate, openGate } from '../../support/work/open-gate.ts';
import { endedDelivery, endedDeployments } from '../../support/stage/open-stage.ts';
import { ownSandbox } from '../../support/stage/own-sandbox.ts';
import { deploySettled } from '../../support/stage/settled-service.ts';
import { runHelperToEnd } from '../../support/program/start-helper.ts';
import {
  startSwarmpitDouble,
  type SwarmpitDouble,
} from '../../support/swarmpit/swarmpit-double.ts';
import { type StageInUse, useStage } from '../../support/stage/use-stage.ts';

const SAME_SWARM = /clusters (?:one and two|two and one) are the same Swarm/;
/** Less than the time to the next look at the clusters. */
const TOLD_WITHIN_MS = 20_000;
const AT_ONCE_MS = 30_000;
const BACK_WITHIN_MS = 60_000;

const deployTo = async (
  stage: StageInUse,
  name: string,
): Promise<{ from: Digest; image: string; near: Services; far: Services }> => {
  const [near, far] = stage.sandbox.engines.map(({ services }) => services);
  if (near === undefined || far === undefined) throw new Error('two engines are needed');
  const { digest } = await stage.sandbox.pushImage(`clusters/${name}`, 'v1', good(`${name} one`));
  const image = stage.sandbox.image(`clusters/${name}`, 'v1');
  const request = { name, image: `${image}@${digest}` };
  const settled = { ...request, monitorMs: 1_000 };
  await Promise.all([deploySettled(near, settled), deploySettled(far, settled)]);
  return { from: digest, image, near, far };
};

const stateOf = async (stage: StageInUse, cluster: string): Promise<ClusterView | undefined> =>
  (await stage.helper.get<Page<ClusterView>>('/clusters')).items.find(
    ({ name }) => name === cluster,
  );

describe('two clusters, one of them through Swarmpit', () => {
  const { engines, registry } = ownSandbox();
  let swarmpit: SwarmpitDouble;
  let gate: Gate;
  beforeAll(async () => {
    const { host, url } = registry;
    const engineUrl = engines[1]?.url ?? '';
    swarmpit = await startSwarmpitDouble({ engineUrl, registries: { [host]: url } });
    gate = await openGate(Number(new URL(swarmpit.url).port));
  });
  afterAll(async () => {
    if (gate.isOpen()) await gate.shut();
    await swarmpit.close();
  });
  const stage = useStage(() => ({
    config: {
      clusters: [
        { name: 'near', type: 'engine', url: engines[0].url },
        {
          name: 'far',
          type: 'swarmpit',
          url: `http://127.0.0.1:${gate.port}`,
          token: swarmpit.token,
        },
      ],
    },
  }));

  test('a push redeploys the service of each, once, and a person takes each back', async () => {
    const { helper, sandbox } = stage;
    const { from, image, near, far } = await deployTo(stage, 'clusters-both');
    const { digest } = await sandbox.pushImage('clusters/clusters-both', 'v1', good('both two'));
    const delivery = await endedDelivery(helper, await helper.postHook({ image, digest }));
    expect(delivery.pushes[0]?.results).toMatchObject([
      { cluster: 'far', outcome: 'deployed' },
      { cluster: 'near', outcome: 'deployed' },
    ]);
    for (const cluster of ['near', 'far']) {
      const found = await endedDeployments(helper, 'clusters-both', 1, `&cluster=${cluster}`);
      expect(found).toMatchObject([{ cluster, state: 'succeeded', from, to: digest }]);
    }
    for (const services of [near, far]) {
      await services.converged('clusters-both', { digest });
      expect((await services.tasks('clusters-both')).length).toBe(2);
    }
    expect(swarmpit.redeploys.map(({ status }) => status)).toEqual([202]);

    // Swarmpit's own redeploy would restart the tasks whatever runs.
    const again = await endedDelivery(helper, await helper.postHook({ image, digest }));
    expect(again.pushes[0]?.results.map(({ outcome }) => outcome)).toEqual([
      'nothing-to-do',
      'nothing-to-do',
    ]);
    expect(swarmpit.redeploys.length).toBe(1);

    // Swarmpit goes back to the spec before; what is left is held on either kind of cluster.
    for (const [cluster, services] of [
      ['near', near],
      ['far', far],
    ] as const) {
      const asked = await helper.post(`/clusters/${cluster}/services/clusters-both/rollback`);
      expect(asked.status).toBe(202);
      const back = await endedDeployments(helper, 'clusters-both', 2, `&cluster=${cluster}`);
      expect(back[1]).toMatchObject({ state: 'succeeded', cause: 'taken-back', to: from });
      await services.converged('clusters-both', { digest: from });
    }
    await endedDelivery(helper, await helper.postHook({ image, digest }));
    for (const services of [near, far]) {
      expect(await services.runningDigests('clusters-both')).toEqual([from]);
    }
    expect(swarmpit.redeploys.length).toBe(1);
    await Promise.all([near.remove('clusters-both'), far.remove('clusters-both')]);
  });

  test('while one is down the other is served at once, and it when it is back', async () => {
    const { helper, sandbox } = stage;
    const { from, image, near, far } = await deployTo(stage, 'clusters-down');
    await gate.shut();
    const { digest } = await sandbox.pushImage('clusters/clusters-down', 'v1', good('down two'));
    const began = performance.now();
    const answer = await helper.postHook({ image, digest });
    expect(answer.status).toBe(202);
    await near.converged('clusters-down', { digest, withinMs: AT_ONCE_MS });
    const tookMs = Math.round(performance.now() - began);
    expect(await far.runningDigests('clusters-down')).toEqual([from]);
    const { delivery } = (await answer.json()) as { delivery: string };
    const { pushes } = await helper.delivery(delivery);
    const waiting = pushes[0]?.results.find(({ cluster }) => cluster === 'far');
    expect(waiting).toMatchObject({ state: 'waiting' });
    expect(waiting?.detail).toContain('cluster far');
    expect((await fetch(`${helper.url}/readyz`)).status).toBe(200);

    await gate.open();
    await far.converged('clusters-down', { digest, withinMs: BACK_WITHIN_MS });
    for (const cluster of ['near', 'far']) {
      const found = await endedDeployments(helper, 'clusters-down', 1, `&cluster=${cluster}`);
      expect(found).toMatchObject([{ state: 'succeeded', to: digest }]);
    }
    expect((await far.tasks('clusters-down')).length).toBe(2);
    process.stderr.write(`clusters: the one that is up was served in ${tookMs} ms\n`);
    await Promise.all([near.remove('clusters-down'), far.remove('clusters-down')]);
  });
});

describe('two engines', () => {
  const clusters = ownSandbox().engines.map(({ name, url }) => ({ name, type: 'engine', url }));
  const stage = useStage({ config: { clusters } });

  test('while one hangs the other is served at once, and it when it goes on', async () => {
    const { helper, sandbox } = stage;
    const { image, near, far } = await deployTo(stage, 'clusters-hang');
    const { digest } = await sandbox.pushImage('clusters/clusters-hang', 'v1', good('hang two'));
    const pid = pidOfEngine(sandbox.engines[1]?.socket ?? '');
    process.kill(pid, 'SIGSTOP');
    try {
      expect((await helper.postHook({ image, digest })).status).toBe(202);
      const found = await endedDeployments(helper, 'clusters-hang', 1, '&cluster=engine-1');
      expect(found).toMatchObject([{ state: 'succeeded', to: digest }]);
      expect(await near.runningDigests('clusters-hang')).toEqual([digest]);
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    await far.converged('clusters-hang', { digest, withinMs: BACK_WITHIN_MS });
    const found = await endedDeployments(helper, 'clusters-hang', 1, '&cluster=engine-2');
    expect(found).toMatchObject([{ state: 'succeeded', to: digest }]);
    await waitUntil(
      async () => ((await stateOf(stage, 'engine-2'))?.state === 'up' ? true : null),
      { what: 'the cluster is shown as up', withinMs: BACK_WITHIN_MS },
    );
    await Promise.all([near.remove('clusters-hang'), far.remove('clusters-hang')]);
  });
});

/** When the helper first logged `message`, ms since the epoch, or null where it never did. */
const timeOf = (output: string, message: string): number | null => {
  const line = output.split('\n').find((one) => one.includes(`"msg":"${message}"`));
  return line === undefined ? null : Date.parse((JSON.parse(line) as { time: string }).time);
};

describe('one Swarm configured as two clusters', () => {
  test('is refused at the start: once through its engine and once through Swarmpit', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'clusters-same-'));
    const sandbox = attachSandbox(ownSandbox());
    const [engine] = sandbox.engines;
    const swarmpit = await startSwarmpitDouble({ engineUrl: engine.url });
    try {
      // They are known by their services.
      const image = sandbox.image('clusters/same', 'v1');
      await engine.services.deploy({ name: 'same', image, replicas: 0 });
      const { code, output } = await runHelperToEnd({
        store: join(folder, 'store.db'),
        config: {
          clusters: [
            { name: 'one', type: 'engine', url: engine.url },
            { name: 'two', type: 'swarmpit', url: swarmpit.url, token: swarmpit.token },
          ],
        },
      });
      expect(code).toBe(1);
      expect(output).toMatch(SAME_SWARM);
    } finally {
      await swarmpit.close();
      await sandbox.close();
      await rm(folder, { recursive: true });
    }
  });

  test.each([
    ['the same address', 0, /another Swarm for each cluster/],
    ['another address', 0, SAME_SWARM],
    // The start does not wait for a cluster so long, but what it tells then still ends it.
    ['another address that is slow', 2_000, SAME_SWARM],
  ])('is refused at the start: %s', async (how, slowByMs, reason) => {
    const folder = await mkdtemp(join(tmpdir(), 'clusters-same-'));
    const [engine] = ownSandbox().engines;
    const proxy = await startEngineProxy(engine.socket, join(folder, 'engine.sock'), slowByMs);
    const url = how === 'the same address' ? engine.url : proxy.url;
    try {
      const { code, output } = await runHelperToEnd({
        store: join(folder, 'store.db'),
        config: {
          clusters: [
            { name: 'one', type: 'engine', url: engine.url },
            { name: 'two', type: 'engine', url },
          ],
        },
      });
      expect(code).toBe(1);
      expect(output).toMatch(reason);
      const began = timeOf(output, 'ready');
      expect(began === null).toBe(slowByMs === 0);
      const ended = timeOf(output, 'cannot go on') ?? 0;
      expect(ended - (began ?? ended)).toBeLessThan(TOLD_WITHIN_MS);
    } finally {
      await proxy.close();
      await rm(folder, { recursive: true });
    }
  });
});
