import * as fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { createEngineCluster } from '../../../../src/adapters/swarm/engine/engine.ts';
import { createSwarmpitCluster } from '../../../../src/adapters/swarm/swarmpit/swarmpit.ts';
import { ClusterError } from '../../../../src/core/swarm/cluster.ts';
import { EVERY_SERVICE } from '../../../../src/core/contract/every-service.ts';
import { silentLog } from '../../../../src/core/log.ts';
import { createSecret } from '../../../../src/core/secret.ts';
import type { ServiceFilter } from '../../../../src/core/contract/list-filters.ts';
import type { ServiceView } from '../../../../src/core/contract/views.ts';
import { readEvents } from '../../../../src/store/notices/events.ts';
import { createHealthWatch } from '../../../../src/work/health/health-watch.ts';
import { createClusterHealth } from '../../../../src/work/cluster/cluster-health.ts';
import { SameSwarm } from '../../../../src/work/cluster/compare-swarms.ts';
import { inspectServices, pageOfServices } from '../../../../src/work/reads/inspect.ts';
import { startSwarmpitDouble } from '../../../support/swarmpit/swarmpit-double.ts';
import {
  openWorkBench,
  type WorkBench,
  type WorkBenchOptions,
} from '../../../support/work/work-bench.ts';

let bench: WorkBench;
const opened: { readonly close: () => Promise<void> }[] = [];
const open = async (options: WorkBenchOptions = {}): Promise<void> => {
  bench = await openWorkBench({ speed: 20, ...options });
};
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close();
  await bench.close();
});

const clusterOf = (name: string, url = bench.engines[name]?.url ?? '') => {
  const cluster = createEngineCluster({ name, url });
  opened.push(cluster);
  return cluster;
};
const inspect = (filter: ServiceFilter = {}, timeoutMs = 20_000): Promise<ServiceView[]> =>
  inspectServices(
    {
      clusters: Object.keys(bench.engines).map((name) => ({
        cluster: clusterOf(name),
        select: 'all',
      })),
      db: bench.store.db,
      now: bench.clock.now,
      followsIndex: () => false,
      log: silentLog,
      timeoutMs,
    },
    filter,
    AbortSignal.timeout(20_000),
  );

describe('the list of services', () => {
  it('tells their health, the failing ones first, and finds them by what is wrong', async () => {
    await open();
    const { registry, engine, image, clock } = bench;
    const old = registry.setTag('acme/web', 'v1', 'one');
    const bad = registry.setTag('acme/web', 'v2', 'two');
    engine.setOutcome(bad, { kind: 'crash' });
    engine.addService({ name: 'api', image: image('acme/web:v1', old), replicas: 2 });
    engine.addService({ name: 'off', image: image('acme/web:v1', old), replicas: 0 });
    engine.addService({ name: 'web', image: image('acme/web:v1', old), replicas: 1 });
    bench.settle();
    engine.changeSpec('web', ({ TaskTemplate: { ContainerSpec: spec } }) => {
      spec.Image = image('acme/web:v2', bad);
    });
    for (let second = 0; second < 60; second += 1) clock.skip(1_000);
    const cluster = clusterOf('one');
    const { read } = createHealthWatch({
      clusters: [cluster],
      db: bench.store.db,
      clock,
      log: silentLog,
      changed: async () => {},
    });
    const deps = {
      clusters: [{ cluster, select: 'all' as const }],
      db: bench.store.db,
      now: clock.now,
      followsIndex: () => false,
      log: silentLog,
      readHealth: read,
    };
    const list = async (filter: ServiceFilter) =>
      (await inspectServices(deps, filter, AbortSignal.timeout(20_000))).map(
        ({ name, health, healthReason }) => `${name} ${health} ${healthReason}`,
      );
    const all = ['web failing crash-loop', 'api ok null', 'off stopped no-replicas'];
    expect(await list({})).toEqual(all);
    expect(await list({ health: 'failing' })).toEqual(all.slice(0, 1));
    expect(await list({ q: 'crash' })).toEqual(all.slice(0, 1));
    expect(await list({ q: 'Non-Zero' })).toEqual(all.slice(0, 1));
    expect(await list({ q: 'stopped' })).toEqual(all.slice(2));
    expect(await list({ q: 'ok' })).toEqual([]);
  });

  it('tells verdicts by what was last seen, and asks no registry', async () => {
    await open();
    const { registry, engine, image } = bench;
    const old = registry.setTag('acme/web', 'v1', 'one');
    engine.addService({ name: 'web', image: image('acme/web:v1', old), replicas: 2 });
    bench.settle();
    expect(await inspect()).toMatchObject([
      {
        name: 'web',
        verdict: 'unknown',
        reason: 'not-checked',
        published: null,
        checkedAt: null,
        running: old,
      },
    ]);
    const next = registry.setTag('acme/web', 'v1', 'two');
    const { work } = bench.start();
    const request = { ...EVERY_SERVICE, dryRun: true };
    const by = { origin: 'person' as const, actor: null, signal: AbortSignal.timeout(10_000) };
    await work.smartRedeploy.start(request, by);
    registry.forgetRequests();
    expect(await inspect()).toMatchObject([
      {
        cluster: 'one',
        name: 'web',
        image: image('acme/web:v1'),
        verdict: 'obsolete',
        reason: null,
        running: old,
        published: next,
        replicas: { running: 2, desired: 2 },
        deployment: null,
      },
    ]);
    await work.smartRedeploy.start({ ...request, dryRun: false }, by);
    const deployment = await bench.ended('web');
    expect(await inspect()).toMatchObject([
      { verdict: 'current', running: next, published: next, deployment: deployment.id },
    ]);
    expect(registry.count({ method: 'HEAD' })).toBe(1);
  });

  /** Long enough for the cluster that answers, also on a busy machine. */
  const HANGS_MS = 4_000;

  it('leaves a cluster out that is away or hangs, and says so where it was asked for', async () => {
    await open({ clusters: ['one', 'two'] });
    for (const engine of Object.values(bench.engines))
      engine.addService({ name: 'web', image: 'acme/web:v1' });
    const { two } = bench.engines;
    for (const kind of ['drop-before', 'hang'] as const) {
      two?.inject({ kind });
      expect((await inspect({}, HANGS_MS)).map(({ cluster }) => cluster)).toEqual(['one']);
      await expect(inspect({ cluster: 'two' }, HANGS_MS)).rejects.toBeInstanceOf(ClusterError);
      two?.clearFaults();
    }
    expect((await inspect()).map(({ cluster }) => cluster)).toEqual(['one', 'two']);
  });

  it('is filtered and sorted', async () => {
    await open();
    const stack = (name: string) => ({ 'com.docker.stack.namespace': name });
    bench.engine.addService({ name: 'shop_web', image: 'acme/web:v1', labels: stack('shop') });
    bench.engine.addService({ name: 'blog_web', image: 'acme/web:v2', labels: stack('blog') });
    bench.engine.addService({ name: 'alone', image: 'acme/webshop:v1' });
    const names = async (filter: ServiceFilter): Promise<string[]> =>
      (await inspect(filter)).map(({ name }) => name);
    expect(await names({})).toEqual(['alone', 'blog_web', 'shop_web']);
    expect(await names({ stack: 'shop' })).toEqual(['shop_web']);
    expect(await names({ image: 'docker.io/acme/web' })).toEqual(['blog_web', 'shop_web']);
    expect(await names({ image: 'docker.io/acme/web:v2' })).toEqual(['blog_web']);
    expect(await names({ image: 'acme/web' })).toEqual(['blog_web', 'shop_web']);
    expect(await names({ image: 'acme/web:v2' })).toEqual(['blog_web']);
    expect(await names({ q: 'SHOP' })).toEqual(['alone', 'shop_web']);
    expect(await names({ verdict: 'current' })).toEqual([]);
    expect(await names({ cluster: 'nowhere' })).toEqual([]);
  });

  it('comes in pages that miss and repeat none', async () => {
    await open();
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f', 'g'])
      bench.engine.addService({ name, image: 'acme/web:v1' });
    const all = await inspect();
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), (limit) => {
        const seen: string[] = [];
        let after: string | null = null;
        do {
          const page = pageOfServices(all, { limit, after });
          expect(page.items.length).toBeLessThanOrEqual(limit);
          seen.push(...page.items.map(({ name }) => name));
          after = page.next;
        } while (after !== null);
        expect(seen).toEqual(['a', 'b', 'c', 'd', 'e', 'f', 'g']);
      }),
    );
    expect(pageOfServices(all, { limit: 9, after: '\uffff' })).toEqual({ items: [], next: null });
  });
});

describe('the health of clusters', () => {
  it('tells who is up and who is down, and since when that is known', async () => {
    await open({ clusters: ['one', 'two'] });
    const told: string[] = [];
    const health = createClusterHealth({
      clusters: [clusterOf('one'), clusterOf('two')],
      clock: bench.clock,
      log: silentLog,
      changed: async ({ name, state }) => void told.push(`${name} ${state}`),
    });
    expect(health.list().map(({ state }) => state)).toEqual(['unknown', 'unknown']);
    bench.engines['two']?.inject({ kind: 'drop-before' });
    const signal = AbortSignal.timeout(10_000);
    await health.refresh(signal);
    expect(health.list()).toMatchObject([
      { name: 'one', state: 'up', problem: null, description: expect.stringContaining('API') },
      { name: 'two', state: 'down', problem: expect.stringContaining('cluster two') },
    ]);
    bench.engines['two']?.clearFaults();
    await health.refresh(signal);
    expect(health.list().map(({ state }) => state)).toEqual(['up', 'up']);
    await health.refresh(signal);
    expect(told.toSorted()).toEqual(['one up', 'two down', 'two up']);
  });

  it('is asked anew, once, where somebody heard otherwise', async () => {
    await open({ clusters: ['one', 'two'] });
    let asked = 0;
    const two = clusterOf('two');
    const health = createClusterHealth({
      clusters: [
        clusterOf('one'),
        {
          ...two,
          identify: (given) => {
            asked += 1;
            return two.identify(given);
          },
        },
      ],
      clock: bench.clock,
      log: silentLog,
      changed: async () => {},
    });
    const signal = AbortSignal.timeout(10_000);
    const services = (timeoutMs = 10_000) =>
      inspectServices(
        {
          timeoutMs,
          clusters: [{ cluster: two, select: 'all' }],
          db: bench.store.db,
          now: bench.clock.now,
          followsIndex: () => false,
          log: silentLog,
          hear: health.hear,
        },
        {},
        signal,
      );
    await health.refresh(signal);
    await services();
    expect(asked).toBe(1);
    bench.engines['two']?.inject({ kind: 'drop-before' });
    await Promise.all([services(), services()]);
    expect(health.list().map(({ state }) => state)).toEqual(['up', 'down']);
    expect(asked).toBe(2);
    bench.engines['two']?.clearFaults();
    await services();
    expect(health.list().map(({ state }) => state)).toEqual(['up', 'up']);
    expect(asked).toBe(3);
    // One that is silent is not waited for twice.
    bench.engines['two']?.inject({ kind: 'hang' });
    await services(100);
    expect(health.list()[1]).toMatchObject({
      state: 'down',
      problem: expect.stringContaining('no answer within 0.1 s'),
    });
    expect(asked).toBe(3);
    bench.engines['two']?.clearFaults();
  });

  it('is told to those who listen, by the work', async () => {
    await open();
    const { work } = bench.start();
    await work.health.refresh(AbortSignal.timeout(10_000));
    const events = await readEvents(bench.store.db, 0, 100);
    expect(events).toContainEqual(
      expect.objectContaining({ type: 'cluster', data: { name: 'one', state: 'up' } }),
    );
  });

  it('refuses one Swarm under two names', async () => {
    await open();
    const twice = [clusterOf('one'), clusterOf('again', bench.engine.url)];
    const health = createClusterHealth({
      clusters: twice,
      clock: bench.clock,
      log: silentLog,
      changed: async () => {},
    });
    await expect(health.refresh(AbortSignal.timeout(10_000))).rejects.toBeInstanceOf(SameSwarm);
  });

  it('refuses one Swarm through its engine and through Swarmpit, once it has a service', async () => {
    await open({ clusters: ['one', 'two'] });
    const swarmpit = await startSwarmpitDouble({ engineUrl: bench.engine.url });
    const token = createSecret(swarmpit.token);
    const other = createSwarmpitCluster({ name: 'swarmpit', url: swarmpit.url, token });
    opened.push(other, swarmpit);
    const health = (name: string) =>
      createClusterHealth({
        clusters: [clusterOf(name), other],
        clock: bench.clock,
        log: silentLog,
        changed: async () => {},
      });
    const signal = AbortSignal.timeout(10_000);
    const one = health('one');
    const two = health('two');
    await one.refresh(signal);
    bench.engine.addService({ name: 'web', image: 'acme/web:v1' });
    bench.engines['two']?.addService({ name: 'web', image: 'acme/web:v1' });
    swarmpit.inject({
      kind: 'status',
      status: 500,
      message: 'busy',
      on: { path: /services$/ },
      times: 1,
    });
    await one.refresh(signal);
    await expect(one.refresh(signal)).rejects.toBeInstanceOf(SameSwarm);
    await two.refresh(signal);
    const asked = (): number => bench.engines['two']?.requests.get('GET /services') ?? 0;
    const before = asked();
    await two.refresh(signal);
    // Once told apart, they are compared no more, and asked only whether they are up.
    expect(asked()).toBe(before + 1);
  });
});
