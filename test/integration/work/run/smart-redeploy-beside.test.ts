import { afterEach, describe, expect, it } from 'vitest';
import { createEngineCluster } from '../../../../src/adapters/swarm/engine/engine.ts';
import type { Digest } from '../../../../src/core/image/digest.ts';
import { EVERY_SERVICE } from '../../../../src/core/contract/every-service.ts';
import type { RunRequest, RunView } from '../../../../src/core/contract/run-views.ts';
import { addHold } from '../../../../src/store/holds/holds.ts';
import { readRun } from '../../../../src/store/runs/read-runs.ts';
import type { Work } from '../../../../src/work/work.ts';
import { fakeTwoPlatforms } from '../../../support/fake-registry/images.ts';
import {
  openWorkBench,
  type WorkBench,
  type WorkBenchOptions,
} from '../../../support/work/work-bench.ts';

let bench: WorkBench;
const open = async (options: WorkBenchOptions = {}): Promise<WorkBench> => {
  bench = await openWorkBench({ speed: 20, ...options });
  return bench;
};
afterEach(async () => {
  await bench.close();
  expect(bench.errors).toEqual([]);
});

const start = (work: Work, change: Partial<RunRequest> = {}): Promise<RunView> =>
  work.smartRedeploy.start(
    { ...EVERY_SERVICE, ...change },
    { origin: 'person', actor: 'oncall', signal: AbortSignal.timeout(20_000) },
  );
const ended = (id: string): Promise<RunView> =>
  bench.until('the run has ended', async () => {
    const run = await readRun(bench.store.db, id);
    return run?.endedAt === null ? null : run;
  });
const verdicts = (run: RunView): Record<string, string> =>
  Object.fromEntries(
    run.services.map(({ name, verdict, reason }) => [
      name,
      reason === null ? verdict : `${verdict}: ${reason}`,
    ]),
  );

/** One service for each way to stand, and the digest that the obsolete ones must get. */
const everyKind = (): { old: Digest; next: Digest } => {
  const { registry, engine, image } = bench;
  const old = registry.setTag('acme/web', 'v1', fakeTwoPlatforms('one'));
  const content = fakeTwoPlatforms('two');
  const next = registry.setTag('acme/web', 'v1', content);
  const gone = registry.setTag('acme/gone', 'v1', 'gone');
  registry.removeTag('acme/gone', 'v1');
  const of = (digest: Digest | null): string => image('acme/web:v1', digest);
  const [platform] = content.children;
  if (platform === undefined) throw new Error('no platform');
  const update = { Monitor: 1e9 };
  const add = (name: string, text: string, labels: Record<string, string> = {}): void => {
    engine.addService({ name, image: text, labels, update });
  };
  add('current', of(next));
  add('platform', of(platform.digest));
  add('obsolete', of(old));
  add('obsolete-too', of(old), { 'com.docker.stack.namespace': 'shop' });
  add('pinned', `${registry.host}/acme/web@${old}`);
  add('excluded', of(old), { 'cd-helper.enabled': 'false' });
  add('held', of(old), { 'cd-helper.approval': 'yes' });
  add('unpinned', of(null));
  add('gone', image('acme/gone:v1', gone));
  add('unreachable', `127.0.0.1:1/acme/web:v1@${old}`);
  add('malformed', 'Acme/Web:v1');
  engine.addService({
    name: 'job',
    image: of(old),
    mode: { ReplicatedJob: { MaxConcurrent: 1, TotalCompletions: 1 } },
  });
  bench.settle();
  return { old, next };
};
describe('a hook that waits', () => {
  it('is not swallowed by a run', async () => {
    await open();
    const { registry, engine, image } = bench;
    const old = registry.setTag('acme/web', 'v1', 'one');
    engine.addService({ name: 'web', image: image('acme/web:v1', old), update: { Monitor: 1e9 } });
    bench.settle();
    const { work } = bench.start();
    // The registry lags behind its hook, so that hook and run both see nothing to do.
    bench.clock.speed = 1;
    const { id } = await bench.hook(work, image('acme/web:v1'));
    await bench.checked();
    expect(verdicts(await ended((await start(work)).id))).toEqual({ web: 'current' });
    const next = registry.setTag('acme/web', 'v1', 'two');
    bench.clock.skip(6_000);
    bench.clock.speed = 20;
    expect(await bench.ended('web')).toMatchObject({
      state: 'succeeded',
      to: next,
      triggers: [{ kind: 'hook', delivery: id }],
    });
  });

  it('and a run that finds the same share one deployment', async () => {
    await open();
    const { registry, engine, image } = bench;
    const old = registry.setTag('acme/web', 'v1', 'one');
    engine.addService({ name: 'web', image: image('acme/web:v1', old), replicas: 3 });
    bench.settle();
    const next = registry.setTag('acme/web', 'v1', 'two');
    const { work } = bench.start();
    const { id } = await bench.hook(work, image('acme/web:v1'), next);
    await bench.until('it is under way', () => engine.updates.length === 1);
    const run = await start(work);
    await ended(run.id);
    const [deployment, ...others] = await bench.deployments('web');
    expect(others).toEqual([]);
    expect(deployment?.triggers[0]).toEqual({ kind: 'hook', delivery: id });
    expect(engine.updates.length).toBe(1);
  });
});

it('a digest that fails while a run is checking is not queued by it, and the run says that it is held', async () => {
  await open();
  const { registry, engine, image, store } = bench;
  const old = registry.setTag('acme/web', 'v1', 'one');
  engine.addService({ name: 'web', image: image('acme/web:v1', old) });
  bench.settle();
  const next = registry.setTag('acme/web', 'v1', 'two');
  const cluster = createEngineCluster({ name: 'one', url: engine.url });
  const [service] = await cluster.listServices(AbortSignal.timeout(5_000));
  await cluster.close();
  if (service === undefined) throw new Error('there is no service');
  const { work } = bench.start(
    {},
    {
      registries: (real) => ({
        ...real,
        findDigest: async (asked, signal) => {
          const answer = await real.findDigest(asked, signal);
          // What is remembered was read while this was asked.
          const hold = { cluster: 'one', service, digest: next, kind: 'known-bad' } as const;
          await addHold(store.db, { id: 'h', ...hold, deployment: null }, 0);
          return answer;
        },
      }),
    },
  );
  const run = await ended((await start(work)).id);
  expect(verdicts(run)).toEqual({ web: 'held: known-bad' });
  expect(run.services[0]?.detail).toContain('failed on this service');
  expect(run.counts).toEqual({ held: 1 });
  expect(await bench.deployments()).toEqual([]);
  expect(engine.updates).toEqual([]);
});

describe('a registry whose pulls are spent', () => {
  const spent = 'the registry has 3 of 100 pulls left';

  it('is asked nothing, which the run says of its services', async () => {
    await open();
    everyKind();
    const asked = bench.registry.count();
    const { work } = bench.start({ spentBudget: () => spent });
    const run = await ended((await start(work)).id);
    expect(verdicts(run)).toMatchObject({
      obsolete: 'unknown: rate-limited',
      pinned: 'pinned',
      excluded: 'excluded: label',
    });
    expect(bench.registry.count()).toBe(asked);
    expect(bench.engine.updates).toEqual([]);
  });

  it('while it is asked is not asked for manifests, which would be counted', async () => {
    await open();
    everyKind();
    const { work } = bench.start({ spentBudget: () => (bench.heads() > 0 ? spent : null) });
    const run = await start(work, { dryRun: true, services: ['obsolete'] });
    expect(verdicts(run)).toEqual({ obsolete: 'unknown: rate-limited' });
    expect(bench.registry.count({ method: 'GET', kind: 'manifest' })).toBe(0);
  });
});

describe('by the clock', () => {
  const schedule = {
    schedule: '0 4 * * *',
    timeZone: 'UTC',
    mode: 'deploy' as const,
    onStart: 'off' as const,
    jitterMs: 0,
  };
  const runs = () => bench.store.db.selectFrom('runs').selectAll().orderBy('id').execute();

  it('a run is made at its time, and deploys', async () => {
    await open();
    const { next } = everyKind();
    bench.start({ schedule });
    await bench.clock.wait(1_000, AbortSignal.timeout(10_000));
    expect(await runs()).toEqual([]);
    bench.clock.skip(4 * 3_600_000);
    const { id } = await bench.until('a run is made', async () => (await runs())[0] ?? null);
    expect(await ended(id)).toMatchObject({ state: 'done' });
    expect(bench.engine.running('obsolete')).toEqual([next]);
    expect((await bench.deployments('obsolete'))[0]?.triggers).toEqual([
      { kind: 'schedule', run: id },
    ]);
  });

  it('a start reports and changes nothing, not more often than every ten minutes', async () => {
    await open();
    everyKind();
    const options = { schedule: { ...schedule, schedule: null, onStart: 'report' as const } };
    const first = bench.start(options);
    const { id } = await bench.until('a run is made', async () => (await runs())[0] ?? null);
    expect(await ended(id)).toMatchObject({ dryRun: true, state: 'done' });
    expect(bench.engine.updates).toEqual([]);
    await first.stop();
    const second = bench.start(options);
    await bench.clock.wait(2_000, AbortSignal.timeout(10_000));
    expect((await runs()).length).toBe(1);
    await second.stop();
    bench.clock.skip(10 * 60_000);
    bench.start(options);
    await bench.until('another run is made', async () => (await runs()).length === 2);
  });

  it('a new store gets one report after a minute, however often the helper is started', async () => {
    await open();
    everyKind();
    const first = { schedule: { ...schedule, schedule: null, onStart: 'first' as const } };
    const made = async () => (await runs()).filter(({ state }) => state === 'done');
    const one = bench.start({ ...first, isNew: true });
    await bench.clock.wait(30_000, AbortSignal.timeout(20_000));
    await one.stop();
    expect(await runs()).toEqual([]);
    const two = bench.start(first);
    const begun = bench.clock.monotonic();
    const [report] = await bench.until('a report is made', async () => {
      const all = await made();
      return all.length > 0 && all;
    });
    expect(bench.clock.monotonic() - begun).toBeGreaterThanOrEqual(60_000);
    expect(report).toMatchObject({ dry_run: 1, origin: 'start', actor: null });
    expect(bench.engine.updates).toEqual([]);
    await two.stop();
    bench.start(first);
    await bench.clock.wait(70_000, AbortSignal.timeout(20_000));
    expect(await runs()).toHaveLength(1);
  });

  it('a new store of which a run has checked every service gets none', async () => {
    await open();
    everyKind();
    const first = { schedule: { ...schedule, schedule: null, onStart: 'first' as const } };
    const { work } = bench.start({ ...first, isNew: true });
    await start(work, { dryRun: true });
    const asked = bench.heads();
    expect(asked).toBeGreaterThan(0);
    await bench.clock.wait(70_000, AbortSignal.timeout(20_000));
    expect(await runs()).toHaveLength(1);
    expect(bench.heads()).toBe(asked);
  });

  it('a new store of which a run has checked some services gets its report', async () => {
    await open();
    everyKind();
    const first = { schedule: { ...schedule, schedule: null, onStart: 'first' as const } };
    const { work } = bench.start({ ...first, isNew: true });
    await start(work, { dryRun: true, services: ['obsolete'] });
    await bench.until('a report is made', async () =>
      (await runs()).some(({ origin, state }) => origin === 'start' && state === 'done'),
    );
  });

  it('a store that was there before gets none', async () => {
    await open();
    everyKind();
    bench.start({ schedule: { ...schedule, schedule: null, onStart: 'first' as const } });
    await bench.clock.wait(70_000, AbortSignal.timeout(20_000));
    expect(await runs()).toEqual([]);
    expect(bench.heads()).toBe(0);
  });
});
