import { afterEach, expect, it } from 'vitest';
import { createEngineCluster } from '../../../src/adapters/swarm/engine/engine.ts';
import { createSwarmpitCluster } from '../../../src/adapters/swarm/swarmpit/swarmpit.ts';
import type { Cluster } from '../../../src/core/swarm/cluster.ts';
import { silentLog } from '../../../src/core/log.ts';
import { createSecret } from '../../../src/core/secret.ts';
import { createClusterHealth } from '../../../src/work/cluster/cluster-health.ts';
import { systemClock } from '../../../src/work/loop/system-clock.ts';
import { startFakeEngine } from '../../support/fake-engine/fake-engine.ts';
import { startSwarmpitDouble } from '../../support/swarmpit/swarmpit-double.ts';

const opened: { readonly close: () => Promise<void> }[] = [];
afterEach(async () => {
  for (const one of opened.splice(0).toReversed()) await one.close();
});
const keep = <T extends { readonly close: () => Promise<void> }>(one: T): T => {
  opened.push(one);
  return one;
};
const healthOf = (...clusters: readonly Cluster[]) =>
  createClusterHealth({
    clusters,
    clock: systemClock,
    log: silentLog,
    changed: async () => {},
  });
const signal = AbortSignal.timeout(20_000);

it.each(['/services', '/services/none', '/tasks', '/nodes'])(
  'a cluster that says who it is and refuses %s is down, and says which call it refuses',
  async (path) => {
    const engine = keep(await startFakeEngine());
    engine.addService({ name: 'web', image: 'acme/web:v1' });
    const health = healthOf(keep(createEngineCluster({ name: 'one', url: engine.url })));
    engine.setProxy((asked) => asked.path !== path);
    await health.refresh(signal);
    const [view] = health.list();
    expect(view).toMatchObject({
      state: 'down',
      description: expect.stringContaining('Docker Engine'),
    });
    expect(view?.problem).toContain(
      `refuses GET ${path} (HTTP 403: Forbidden): allow this method and path in the socket proxy`,
    );
    engine.setProxy(null);
    await health.refresh(signal);
    expect(health.list()).toMatchObject([{ state: 'up', problem: null }]);
  },
);

it('a cluster that refuses a call is the same Swarm as another all the same', async () => {
  const engine = keep(await startFakeEngine());
  const clusterOf = (name: string) => keep(createEngineCluster({ name, url: engine.url }));
  const health = healthOf(clusterOf('one'), clusterOf('two'));
  engine.setProxy(({ path }) => path !== '/nodes');
  await expect(health.refresh(signal)).rejects.toThrow('are the same Swarm');
});

it('a Swarmpit whose token has expired is down, although anybody may ask who it is', async () => {
  const engine = keep(await startFakeEngine());
  const swarmpit = keep(await startSwarmpitDouble({ engineUrl: engine.url }));
  const token = createSecret(swarmpit.token);
  const health = healthOf(keep(createSwarmpitCluster({ name: 'one', url: swarmpit.url, token })));
  await health.refresh(signal);
  expect(health.list()).toMatchObject([{ state: 'up' }]);
  swarmpit.setTokenState(swarmpit.token, 'expired');
  await health.refresh(signal);
  expect(health.list()).toMatchObject([
    { state: 'down', problem: expect.stringContaining('create an API token in Swarmpit') },
  ]);
});
