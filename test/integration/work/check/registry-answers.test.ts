import { afterEach, describe, expect, it } from 'vitest';
import { EVERY_SERVICE } from '../../../../src/core/contract/every-service.ts';
import type { Registries } from '../../../../src/core/contract/registries.ts';
import {
  fakeImage,
  fakeIndex,
  type FakeContent,
  fakeTwoPlatforms,
} from '../../../support/fake-registry/images.ts';
import {
  openWorkBench,
  type WorkBench,
  type WorkBenchOptions,
} from '../../../support/work/work-bench.ts';

let bench: WorkBench;
const open = async (options: WorkBenchOptions = {}): Promise<WorkBench> => {
  bench = await openWorkBench(options);
  return bench;
};
afterEach(async () => {
  await bench.close();
  expect(bench.errors).toEqual([]);
});

const NAME = 'acme/web';

/** A service that runs the content of the tag well. */
const runs = (content: FakeContent | string): ReturnType<WorkBench['registry']['setTag']> => {
  const digest = bench.registry.setTag(NAME, 'v1', content);
  bench.engine.addService({ name: 'web', image: bench.image(`${NAME}:v1`, digest) });
  bench.settle();
  return digest;
};

const resultOf = async (id: string) => (await bench.delivery(id)).pushes[0]?.results[0];

describe('after a push, an answer that contradicts it', () => {
  it.each([
    ['404', { kind: 'status', status: 404 }],
    ['403', { kind: 'status', status: 403 }],
    [
      'a page in HTML',
      { kind: 'content', body: '<html>', headers: { 'content-type': 'text/html' } },
    ],
  ] as const)('%s for 150 s delays it, and no more', async (_name, fault) => {
    await open({ speed: 60 });
    runs('one');
    const second = bench.registry.setTag(NAME, 'v1', 'two');
    const repair = bench.registry.fault(fault, { kind: 'manifest' });
    const { work } = bench.start();
    const pushedAt = bench.clock.now();
    const { id } = await bench.hook(work, bench.image(`${NAME}:v1`));
    await bench.until('150 s have passed', () => bench.clock.now() - pushedAt > 150_000);
    expect(await resultOf(id)).toMatchObject({ state: 'waiting' });
    repair();
    expect(await bench.ended('web')).toMatchObject({ state: 'succeeded', to: second });
    expect(bench.clock.now() - pushedAt).toBeLessThan(5 * 60_000);
  });

  it('is given up after an hour, and says why', async () => {
    await open({ speed: 2_000 });
    runs('one');
    bench.registry.removeTag(NAME, 'v1');
    const { work } = bench.start();
    const pushedAt = bench.clock.now();
    const { id } = await bench.hook(work, bench.image(`${NAME}:v1`));
    const result = await bench.until('it is given up', async () => {
      const one = await resultOf(id);
      return one?.state === 'done' ? one : null;
    });
    expect(result).toMatchObject({ outcome: 'given-up' });
    expect(result.detail).toContain('404');
    expect(bench.clock.now() - pushedAt).toBeGreaterThan(50 * 60_000);
    expect(bench.engine.updates).toEqual([]);
  });
});

describe('what is no image', () => {
  const chart = (text: string): FakeContent =>
    fakeImage(text, { configType: 'application/vnd.cncf.helm.config.v1+json' });

  it.each([
    ['to a service with a digest', true],
    ['to a service without one', false],
  ])('is not deployed %s', async (_name, isPinned) => {
    await open({ speed: 20 });
    const first = bench.registry.setTag(NAME, 'v1', 'one');
    const image = bench.image(`${NAME}:v1`, isPinned ? first : null);
    bench.engine.addService({ name: 'web', image });
    bench.settle();
    bench.registry.setTag(NAME, 'v1', chart('chart'));
    const { work } = bench.start();
    const { id } = await bench.hook(work, bench.image(`${NAME}:v1`));
    await bench.letFollowUpsPass(id);
    expect(await resultOf(id)).toMatchObject({
      outcome: 'given-up',
      detail: expect.stringContaining('application/vnd.cncf.helm.config.v1+json') as string,
    });
    const run = await work.smartRedeploy.start(
      { ...EVERY_SERVICE, dryRun: true, pin: true },
      { origin: 'person', actor: 'oncall', signal: AbortSignal.timeout(20_000) },
    );
    expect(run.services).toMatchObject([{ verdict: 'unknown', reason: 'not-an-image' }]);
    expect(bench.engine.updates).toEqual([]);
    expect(await bench.deployments()).toEqual([]);
  });

  it.each(['', 'application/octet-stream', 'text/html'])(
    'is not what old tools wrote as %j',
    async (configType) => {
      await open();
      runs('one');
      const second = bench.registry.setTag(NAME, 'v1', fakeImage('two', { configType }));
      const { work } = bench.start();
      await bench.hook(work, bench.image(`${NAME}:v1`));
      expect(await bench.ended('web')).toMatchObject({ state: 'succeeded', to: second });
    },
  );

  it('cannot be told where its manifest cannot be read, which keeps nobody from deploying', async () => {
    await open();
    runs('one');
    const second = bench.registry.setTag(NAME, 'v1', 'two');
    bench.registry.fault({ kind: 'status', status: 429 }, { kind: 'manifest', method: 'GET' });
    const { work } = bench.start();
    await bench.hook(work, bench.image(`${NAME}:v1`));
    expect(await bench.ended('web')).toMatchObject({ state: 'succeeded', to: second });
  });
});

describe('an index that says something else about the same images', () => {
  const member = (architecture: string, text = 'same') => ({
    content: fakeImage(`${text} for ${architecture}`, { architecture }),
    platform: { architecture, os: 'linux' },
  });
  const provenance = (text: string) => ({
    content: fakeImage(text),
    platform: { architecture: 'unknown', os: 'unknown' },
    annotations: { 'vnd.docker.reference.type': 'attestation-manifest' },
  });
  const build = (proof: string, text = 'same'): FakeContent =>
    fakeIndex([member('amd64', text), member('arm64', text), provenance(proof)]);
  const followingIndex = (registries: Registries): Registries => ({
    ...registries,
    followsIndex: () => true,
  });

  /** Deploys the first build by a push, so that the store has seen it, and publishes another. */
  const rebuilt = async (
    second: FakeContent | readonly FakeContent[],
    wrap: (registries: Registries) => Registries = (same) => same,
  ) => {
    await open({ speed: 20 });
    runs('before');
    bench.registry.setTag(NAME, 'v1', build('one'));
    const { work } = bench.start({}, { registries: wrap });
    const push = async (): Promise<void> => {
      const { id } = await bench.hook(work, bench.image(`${NAME}:v1`));
      await bench.letFollowUpsPass(id);
    };
    await push();
    expect(bench.engine.updates).toHaveLength(1);
    for (const next of [second].flat()) {
      bench.registry.setTag(NAME, 'v1', next);
      await push();
    }
    // What follows a push up may end while the update is still being followed.
    await bench.until('every update has ended', async () =>
      (await bench.deployments()).every(({ endedAt }) => endedAt !== null),
    );
    const { services } = await work.smartRedeploy.start(
      { ...EVERY_SERVICE, dryRun: true },
      { origin: 'person', actor: 'oncall', signal: AbortSignal.timeout(20_000) },
    );
    return { verdict: services[0]?.verdict, updates: bench.engine.updates.length };
  };

  it('restarts nothing', async () => {
    expect(await rebuilt(build('two'))).toEqual({ verdict: 'current', updates: 1 });
  });

  it('restarts nothing however often that is rebuilt, also back again', async () => {
    const builds = ['two', 'three', 'one', 'two'].map((proof) => build(proof));
    expect(await rebuilt(builds)).toEqual({ verdict: 'current', updates: 1 });
  });

  it('restarts the service where indexes are followed', async () => {
    const found = await rebuilt(build('two'), followingIndex);
    expect(found).toEqual({ verdict: 'current', updates: 2 });
  });

  it('restarts the service where an image differs', async () => {
    expect(await rebuilt(build('one', 'other'))).toEqual({ verdict: 'current', updates: 2 });
  });

  it('restarts the service where a platform is gone', async () => {
    const fewer = fakeIndex([member('amd64'), provenance('one')]);
    expect(await rebuilt(fewer)).toEqual({ verdict: 'current', updates: 2 });
  });

  it('restarts the service where the running index was never seen', async () => {
    await open({ speed: 20 });
    runs(build('one'));
    const second = bench.registry.setTag(NAME, 'v1', build('two'));
    const { work } = bench.start();
    await bench.hook(work, bench.image(`${NAME}:v1`));
    expect(await bench.ended('web')).toMatchObject({ state: 'succeeded', to: second });
  });

  it('is remembered over a restart', async () => {
    await open({ speed: 20 });
    runs('before');
    bench.registry.setTag(NAME, 'v1', build('one'));
    const one = bench.start();
    const { id } = await bench.hook(one.work, bench.image(`${NAME}:v1`));
    await bench.letFollowUpsPass(id);
    await one.stop();
    bench.registry.setTag(NAME, 'v1', build('two'));
    const { work } = bench.start();
    const again = await bench.hook(work, bench.image(`${NAME}:v1`));
    await bench.letFollowUpsPass(again.id);
    expect(bench.engine.updates).toHaveLength(1);
  });

  it('is the same image without what is said about it', async () => {
    const only = fakeIndex([member('amd64'), provenance('one')]);
    await open({ speed: 20 });
    runs('before');
    bench.registry.setTag(NAME, 'v1', only);
    const { work } = bench.start();
    for (const next of [member('amd64').content, only]) {
      const { id } = await bench.hook(work, bench.image(`${NAME}:v1`));
      await bench.letFollowUpsPass(id);
      bench.registry.setTag(NAME, 'v1', next);
    }
    const { id } = await bench.hook(work, bench.image(`${NAME}:v1`));
    await bench.letFollowUpsPass(id);
    expect(bench.engine.updates).toHaveLength(1);
  });
});

describe('replicas of a registry that disagree', () => {
  const ONE = fakeTwoPlatforms('one');
  const TWO = fakeTwoPlatforms('two');

  /** Answers the tag with the new and the old image by turns. */
  const alternate = (registries: Registries): Registries => {
    let turn = 0;
    return {
      ...registries,
      findDigest: async (image, signal) => {
        turn += 1;
        bench.registry.setTag(NAME, 'v1', turn % 2 === 1 ? TWO : ONE);
        return registries.findDigest(image, signal);
      },
    };
  };

  it('do not bring back what a push replaced', async () => {
    await open({ speed: 20 });
    runs(ONE);
    const { work } = bench.start({}, { registries: alternate });
    const { id } = await bench.hook(work, bench.image(`${NAME}:v1`));
    expect(await bench.ended('web')).toMatchObject({ state: 'succeeded', to: TWO.digest });
    await bench.letFollowUpsPass(id);
    expect(bench.engine.updates).toHaveLength(1);
    expect(bench.engine.running('web')).toEqual([TWO.digest]);
    expect(await resultOf(id)).toMatchObject({ outcome: 'deployed' });
    const row = await bench.store.db.selectFrom('published').select('digest').executeTakeFirst();
    expect(row?.digest).toBe(TWO.digest);
  });

  it('do not hide a push that brings back what was before', async () => {
    await open({ speed: 20 });
    runs(ONE);
    bench.registry.setTag(NAME, 'v1', TWO);
    const { work } = bench.start();
    await bench.hook(work, bench.image(`${NAME}:v1`));
    expect(await bench.ended('web')).toMatchObject({ state: 'succeeded', to: TWO.digest });
    bench.registry.setTag(NAME, 'v1', ONE);
    const { id } = await bench.hook(work, bench.image(`${NAME}:v1`));
    expect(await bench.ended('web', 2)).toMatchObject({ state: 'succeeded', to: ONE.digest });
    await bench.letFollowUpsPass(id);
    expect(bench.engine.running('web')).toEqual([ONE.digest]);
  });
});
