import { afterEach, describe, expect, it } from 'vitest';
import type { Digest } from '../../../../src/core/image/digest.ts';
import { EVERY_SERVICE } from '../../../../src/core/contract/every-service.ts';
import type { RunRequest, RunView } from '../../../../src/core/contract/run-views.ts';
import { readRun } from '../../../../src/store/runs/read-runs.ts';
import { startRun } from '../../../../src/store/runs/runs.ts';
import type { Work } from '../../../../src/work/work.ts';
import { fakeTwoPlatforms } from '../../../support/fake-registry/images.ts';
import { nextId } from '../../../support/store/store-samples.ts';
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
const STANDING = {
  current: 'current',
  platform: 'current',
  obsolete: 'obsolete',
  'obsolete-too': 'obsolete',
  pinned: 'pinned',
  excluded: 'excluded: label',
  held: 'held: unsupported-label',
  unpinned: 'unknown: unpinned',
  gone: 'unknown: tag-gone',
  unreachable: 'unknown: unreachable',
  malformed: 'unknown: malformed',
  job: 'excluded: job',
};
const allVersions = (): Record<string, number> =>
  Object.fromEntries(
    Object.keys(STANDING).map((name) => [name, bench.engine.service(name).Version.Index]),
  );

describe('a dry run', () => {
  it('names how every service stands, asks once for each image, and changes and queues nothing', async () => {
    await open();
    everyKind();
    const before = allVersions();
    const { work } = bench.start();
    const run = await start(work, { dryRun: true });
    expect(run).toMatchObject({
      state: 'done',
      dryRun: true,
      progress: { services: 12, images: 3, checkedImages: 3 },
      counts: { current: 2, obsolete: 2, pinned: 1, excluded: 2, held: 1, unknown: 4 },
    });
    expect(verdicts(run)).toEqual(STANDING);
    expect(bench.heads('acme/web')).toBe(1);
    expect(await bench.deployments()).toEqual([]);
    bench.clock.skip(60_000);
    expect(allVersions()).toEqual(before);
    expect(bench.engine.updates).toEqual([]);
  });

  it('that would pin says so of each service that it would deploy', async () => {
    await open();
    everyKind();
    const { engine } = bench;
    const labels = { 'cd-helper.consent': 'yes' };
    const image = `${bench.registry.host}/acme/web:v1`;
    engine.addService({ name: 'unpinned-held', image, labels });
    bench.settle();
    const { work } = bench.start();
    const unpinned = async (pin: boolean) => {
      const { services } = await start(work, { dryRun: true, pin });
      return Object.fromEntries(
        services.flatMap(({ name, reason, plan, detail }) =>
          reason === 'unpinned' ? [[name, [plan, detail ?? null]]] : [],
        ),
      );
    };
    const held = 'the label cd-helper.consent=yes is not supported';
    const pins = 'would be deployed, which pins it to what is published';
    expect(await unpinned(false)).toEqual({
      unpinned: ['leave', null],
      'unpinned-held': ['leave', held],
    });
    expect(await unpinned(true)).toEqual({
      unpinned: ['deploy', pins],
      'unpinned-held': ['leave', held],
    });
    expect(engine.updates).toEqual([]);
  });

  it('whose process died is told so by the next one, and does not stay open for ever', async () => {
    await open();
    const request = { ...EVERY_SERVICE, dryRun: true };
    const run = { id: nextId(), request, origin: 'person', actor: 'oncall' } as const;
    const id = await startRun(bench.store.db, run, bench.clock.now());
    bench.start();
    expect(await ended(id)).toMatchObject({
      state: 'failed',
      reason: expect.any(String),
      services: [],
    });
  });
});

describe('a run', () => {
  it('redeploys exactly what is obsolete, verified, and a second one nothing', async () => {
    await open();
    const { next } = everyKind();
    const before = allVersions();
    const { work } = bench.start();
    const { id, state } = await start(work);
    expect(state).toBe('queued');
    const run = await ended(id);
    expect(run).toMatchObject({ state: 'done', reason: null });
    expect(verdicts(run)).toEqual(STANDING);
    expect(bench.engine.updates.map(({ name }) => name).toSorted()).toEqual([
      'obsolete',
      'obsolete-too',
    ]);
    for (const name of ['obsolete', 'obsolete-too']) {
      expect(bench.engine.running(name)).toEqual([next]);
      const [deployment] = await bench.deployments(name);
      expect(deployment).toMatchObject({
        state: 'succeeded',
        triggers: [{ kind: 'smart-redeploy', run: id }],
      });
      expect(run.services.find((service) => service.name === name)?.deployment).toBe(
        deployment?.id,
      );
    }
    const untouched = Object.entries(allVersions()).filter(
      ([name]) => !name.startsWith('obsolete'),
    );
    expect(Object.fromEntries(untouched)).toEqual(
      Object.fromEntries(Object.entries(before).filter(([name]) => !name.startsWith('obsolete'))),
    );
    const again = await ended((await start(work)).id);
    expect(again.counts).toMatchObject({ current: 4 });
    expect(bench.engine.updates.length).toBe(2);
  });

  it('that is told to pin takes the unpinned in, and nothing else that is unknown', async () => {
    await open();
    const { next } = everyKind();
    const { work } = bench.start();
    await ended((await start(work, { pin: true })).id);
    expect(bench.engine.updates.map(({ name }) => name).toSorted()).toEqual([
      'obsolete',
      'obsolete-too',
      'unpinned',
    ]);
    expect(bench.engine.running('unpinned')).toEqual([next]);
  });

  it.each<[string, Partial<RunRequest>, readonly string[]]>([
    ['services', { services: ['obsolete-*', 'current'] }, ['current', 'obsolete-too']],
    ['stacks', { stacks: ['sh?p'] }, ['obsolete-too']],
    ['images', { images: ['*/acme/gone'] }, ['gone']],
    ['images as people write them', { images: ['acme/hub:v1'] }, ['hub']],
    ['services and stacks', { services: ['obsolete*'], stacks: ['shop'] }, ['obsolete-too']],
    ['nothing that is there', { services: ['nobody'] }, []],
  ])('takes in only what %s select', async (_name, request, expected) => {
    await open();
    const { old } = everyKind();
    bench.engine.addService({
      name: 'hub',
      image: `docker.io/acme/hub:v1@${old}`,
      labels: { 'cd-helper.enabled': 'false' },
    });
    bench.settle();
    const { work } = bench.start();
    const run = await start(work, { ...request, dryRun: true });
    expect(run.services.map(({ name }) => name).toSorted()).toEqual(expected);
  });

  it('of a cluster that is not configured is refused', async () => {
    await open();
    const { work } = bench.start();
    await expect(start(work, { cluster: 'nowhere' })).rejects.toMatchObject({ code: 'not-found' });
  });

  it('asked for twice at once is joined', async () => {
    await open();
    everyKind();
    const { work } = bench.start();
    const runs = await Promise.all([start(work), start(work), start(work)]);
    expect(new Set(runs.map(({ id }) => id)).size).toBe(1);
    await ended(runs[0]?.id ?? '');
    expect(bench.heads('acme/web')).toBe(1);
    expect(bench.engine.updates.length).toBe(2);
  });

  it('asked for while an equal one deploys looks anew, as there may be more to do by now', async () => {
    await open();
    const { registry, engine, image } = bench;
    const add = (name: string): void => {
      const digest = registry.setTag(`acme/${name}`, 'v1', `${name} one`);
      engine.addService({ name, image: image(`acme/${name}:v1`, digest) });
    };
    add('slow');
    add('other');
    bench.settle();
    const slow = registry.setTag('acme/slow', 'v1', 'slow two');
    engine.setOutcome(slow, { kind: 'good', startMs: 60_000 });
    const { work } = bench.start();
    const first = await start(work);
    await bench.until('it deploys', async () => {
      const run = await readRun(bench.store.db, first.id);
      return run?.state === 'deploying';
    });
    const other = registry.setTag('acme/other', 'v1', 'other two');
    const second = await start(work);
    expect(second.id).not.toBe(first.id);
    expect(verdicts(await ended(second.id))).toMatchObject({ other: 'obsolete' });
    expect(await bench.ended('other')).toMatchObject({ state: 'succeeded', to: other });
    // What the first one is about is not done twice.
    expect(await bench.ended('slow')).toMatchObject({ state: 'succeeded', to: slow });
    expect(engine.updates).toHaveLength(2);
  });

  it('looks again at a service that somebody else was updating', async () => {
    await open();
    const { old, next } = everyKind();
    bench.engine.changeSpec('obsolete', (spec) => {
      spec.TaskTemplate.ContainerSpec.Env = ['THEIRS=1'];
    });
    const { work } = bench.start();
    const run = await ended((await start(work, { services: ['obsolete'] })).id);
    expect(verdicts(run)).toEqual({ obsolete: 'obsolete' });
    expect(bench.engine.running('obsolete')).toEqual([next]);
    expect(bench.engine.service('obsolete').Spec.TaskTemplate.ContainerSpec.Env).toEqual([
      'THEIRS=1',
    ]);
    expect((await bench.deployments('obsolete')).map(({ from }) => from)).toEqual([old]);
  });

  it('asks once for an image of two clusters, and serves both', async () => {
    await open({ clusters: ['one', 'two'] });
    const old = bench.registry.setTag('acme/web', 'v1', 'one');
    for (const engine of Object.values(bench.engines))
      engine.addService({
        name: 'web',
        image: bench.image('acme/web:v1', old),
        update: { Monitor: 1e9 },
      });
    bench.settle();
    const next = bench.registry.setTag('acme/web', 'v1', 'two');
    const { work } = bench.start();
    const run = await ended((await start(work)).id);
    expect(run.services.map(({ cluster }) => cluster).toSorted()).toEqual(['one', 'two']);
    expect(bench.heads()).toBe(1);
    for (const engine of Object.values(bench.engines))
      expect(engine.running('web')).toEqual([next]);
  });

  it('says which cluster could not be checked, and serves the other', async () => {
    await open({ clusters: ['one', 'two'] });
    const old = bench.registry.setTag('acme/web', 'v1', 'one');
    bench.engine.addService({
      name: 'web',
      image: bench.image('acme/web:v1', old),
      update: { Monitor: 1e9 },
    });
    bench.settle();
    const next = bench.registry.setTag('acme/web', 'v1', 'two');
    bench.engines['two']?.inject({ kind: 'drop-before' });
    const { work } = bench.start();
    const run = await ended((await start(work)).id);
    expect(run).toMatchObject({ state: 'failed', reason: expect.stringContaining('cluster two') });
    expect(bench.engine.running('web')).toEqual([next]);
  });

  it('goes on after a restart, and updates nothing twice', async () => {
    await open();
    everyKind();
    const before = bench.start();
    const { id } = await start(before.work);
    await bench.until('one was sent', () => bench.engine.updates.length > 0);
    await before.stop();
    expect((await readRun(bench.store.db, id))?.endedAt).toBeNull();
    bench.start();
    expect(await ended(id)).toMatchObject({ state: 'done' });
    expect(bench.engine.updates.map(({ name }) => name).toSorted()).toEqual([
      'obsolete',
      'obsolete-too',
    ]);
    expect((await bench.deployments()).map(({ state }) => state)).toEqual([
      'succeeded',
      'succeeded',
    ]);
  });
});
