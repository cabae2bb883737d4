import { randomFillSync } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Digest } from '../../../../src/core/image/digest.ts';
import { createTimeOrderedIds } from '../../../../src/core/time-ordered-id.ts';
import type { DeploymentView } from '../../../../src/core/contract/views.ts';
import { listDeployments } from '../../../../src/store/deployments/read-deployments.ts';
import type { Work } from '../../../../src/work/work.ts';
import { makeDelivery, pushOf } from '../../../support/store/store-samples.ts';
import { openWorkBench, type WorkBench } from '../../../support/work/work-bench.ts';

let bench: WorkBench;
let newId: () => string;
beforeEach(async () => {
  bench = await openWorkBench({ speed: 40, engine: { prepareMs: 50, startMs: 50, stopMs: 50 } });
  newId = createTimeOrderedIds(bench.clock.now, randomFillSync);
});
afterEach(async () => {
  await bench.close();
  expect(bench.errors).toEqual([]);
});

/** Puts a version at the registry, whose content is its tag where nothing else is said. */
const publish = (tag: string, content = tag): Digest =>
  bench.registry.setTag('acme/web', tag, content);

/** A service that follows tags, and has run `tag` well for long. */
const track = (label: string, tag = 'v1.3.0', name = 'web'): Digest => {
  const digest = publish(tag);
  const labels = label === '' ? {} : { 'cd-helper.track': label };
  const image = bench.image(`acme/web:${tag}`, digest);
  bench.engine.addService({ name, image, replicas: 2, labels });
  bench.settle();
  return digest;
};

const specImage = (name = 'web'): string =>
  bench.engine.service(name).Spec.TaskTemplate.ContainerSpec.Image;
const tagOf = (name = 'web'): string | undefined => /:([^:@]+)@/.exec(specImage(name))?.[1];

/** One delivery that names these tags, each published before. */
const push = async (work: Work, ...tags: readonly string[]): Promise<string> => {
  const { id } = await work.acceptDelivery(
    makeDelivery({
      id: newId(),
      receivedAt: new Date(bench.clock.now()).toISOString(),
      pushes: tags.map((tag) =>
        pushOf(bench.image(`acme/web:${tag}`), publish(tag, contents.get(tag) ?? tag)),
      ),
    }),
  );
  return id;
};
const contents = new Map<string, string>();
afterEach(() => contents.clear());

/** The push has been looked at, and what it led to has ended. */
const settled = async (id: string): Promise<readonly (string | null)[]> => {
  await bench.until(`delivery ${id} has its end`, async () =>
    (await bench.delivery(id)).pushes.every(({ results }) =>
      results.every(({ state }) => state === 'done'),
    ),
  );
  await bench.until('nothing is under way', async () =>
    (await bench.deployments()).every(({ endedAt }) => endedAt !== null),
  );
  return (await bench.delivery(id)).pushes.map(({ results }) => results[0]?.outcome ?? null);
};

const moves = (all: readonly DeploymentView[]): readonly string[] =>
  all.map(({ fromTag, toTag, state }) => `${fromTag} ${toTag} ${state}`);

describe('a push of a newer tag', () => {
  it('moves every service that tracks it, once, pinned, and asks for no other tag', async () => {
    const first = track('semver:1.x');
    track('glob:v1.*', 'v1.3.0', 'api');
    track('', 'v1.3.0', 'still');
    const { work } = bench.start();
    const id = await push(work, 'v1.4.0');
    const digest = publish('v1.4.0');
    expect(await settled(id)).toEqual(['deployed']);
    for (const name of ['web', 'api']) {
      expect(await bench.ended(name)).toMatchObject({
        image: `${bench.registry.host}/acme/web:v1.4.0`,
        fromTag: 'v1.3.0',
        toTag: 'v1.4.0',
        from: first,
        to: digest,
        state: 'succeeded',
      });
      expect(specImage(name)).toBe(bench.image('acme/web:v1.4.0', digest));
      expect(bench.engine.running(name)).toEqual([digest, digest]);
    }
    expect(tagOf('still')).toBe('v1.3.0');
    // Found by the tag that they left, and by the one that they came to.
    for (const tag of ['v1.3.0', 'v1.4.0']) {
      for (const filter of [{ image: bench.image(`acme/web:${tag}`) }, { q: tag }]) {
        const page = { limit: 10, after: null };
        expect((await listDeployments(bench.store.db, filter, page)).items).toHaveLength(2);
      }
    }
    const asked = new Set(
      bench.registry.requests
        .filter(({ method }) => method === 'HEAD')
        .map(({ reference }) => reference),
    );
    expect([...asked]).toEqual(['v1.4.0']);
    expect(bench.registry.requests.some(({ path }) => path.includes('/tags/list'))).toBe(false);
  });

  it('leads to one deployment where it names several, and late ones to none', async () => {
    track('semver:1.x');
    const { work } = bench.start();
    const scheme = [
      'v1',
      'v1.3',
      'v1.3.1_982c388',
      'v1.4.0',
      'pr-177',
      'INT',
      'main-60737d6',
      'v1.4.0-rc.1',
    ];
    expect(await settled(await push(work, ...scheme))).toEqual([
      'no-service',
      'no-service',
      'deployed',
      'deployed',
      'no-service',
      'no-service',
      'no-service',
      'no-service',
    ]);
    expect(tagOf()).toBe('v1.4.0');
    bench.registry.forgetRequests();
    for (const tag of ['v1.3.1_982c388', 'v1.3.9']) {
      expect(await settled(await push(work, tag))).toEqual(['nothing-to-do']);
    }
    expect(bench.heads()).toBe(0);
    expect(await settled(await push(work, 'v1.4.0'))).toEqual(['nothing-to-do']);
    expect(moves(await bench.deployments())).toEqual(['v1.3.0 v1.4.0 succeeded']);
  });

  it.each([1, 2, 3])(
    'in any order ends with the newest, and never goes down (order %i)',
    async (seed) => {
      track('semver:1.x');
      const { work } = bench.start();
      const tags = ['v1.3.1', 'v1.10.0', 'v1.4.0', 'v1.9.2', 'v2.0.0', 'v1.2.9', 'v1.4.0'];
      const order = tags.map((tag, index) => ({ tag, key: (index * 5 * seed + seed) % 7 }));
      for (const { tag } of order.toSorted((a, b) => a.key - b.key))
        await settled(await push(work, tag));
      expect(tagOf()).toBe('v1.10.0');
      const went = (await bench.deployments()).map(({ toTag }) => toTag);
      const minor = (tag: string): number => Number(tag.split('.')[1]);
      expect(went).toEqual(went.toSorted((a, b) => minor(a) - minor(b)));
    },
  );

  it('does not take the place of a newer one that is on its way', async () => {
    track('semver:1.x');
    const { work } = bench.start();
    bench.engine.setOutcome(publish('v1.5.0'), { kind: 'good', startMs: 4_000 });
    const newer = await push(work, 'v1.5.0');
    await bench.until('it is on its way', async () => (await bench.deployments()).length === 1);
    const late = await push(work, 'v1.4.0');
    await Promise.all([settled(newer), settled(late)]);
    expect(moves(await bench.deployments())).toEqual(['v1.3.0 v1.5.0 succeeded']);
  });

  it('keeps the variant, takes no prerelease, and none with the digest that runs', async () => {
    const alpine = track('semver:1.x', '1.3.0-alpine');
    const { work } = bench.start();
    contents.set('1.4.1-alpine', '1.3.0-alpine');
    await settled(await push(work, '1.4.0', '1.4.0-slim', '1.5.0-rc1-alpine', '1.4.1-alpine'));
    expect(publish('1.4.1-alpine', '1.3.0-alpine')).toBe(alpine);
    expect(await bench.deployments()).toEqual([]);
    await settled(await push(work, '1.4.2-alpine'));
    expect(tagOf()).toBe('1.4.2-alpine');
  });

  it('of the present tag with another digest deploys as without tracking', async () => {
    track('semver:1.x');
    const { work } = bench.start();
    contents.set('v1.3.0', 'built again');
    await settled(await push(work, 'v1.3.0'));
    expect(moves(await bench.deployments())).toEqual(['v1.3.0 v1.3.0 succeeded']);
    expect(specImage()).toBe(bench.image('acme/web:v1.3.0', publish('v1.3.0', 'built again')));
  });

  it('follows the push that came last, and a repeated one not back', async () => {
    track('newest:main-*', 'main-aaa');
    const { work } = bench.start();
    for (const tag of ['main-ccc', 'main-bbb']) {
      await settled(await push(work, tag));
      bench.clock.skip(1_000);
    }
    expect(tagOf()).toBe('main-bbb');
    await settled(await push(work, 'main-ccc'));
    expect(moves(await bench.deployments())).toEqual([
      'main-aaa main-ccc succeeded',
      'main-ccc main-bbb succeeded',
    ]);
  });

  it('moves no service whose label is wrong, and holds what its own tag brings', async () => {
    track('semver:latest');
    const { work } = bench.start();
    const other = await push(work, 'v1.4.0');
    expect(await settled(other)).toEqual(['no-service']);
    expect((await bench.delivery(other)).pushes[0]?.results[0]?.detail).toMatch(
      /^no service takes it: web: its label cd-helper.track=semver:latest is wrong: "latest" is not a /,
    );
    contents.set('v1.3.0', 'built again');
    const id = await push(work, 'v1.3.0');
    await settled(id);
    expect((await bench.delivery(id)).pushes[0]?.results[0]?.detail).toBe(
      'held (unsupported-label)',
    );
    expect(await bench.deployments()).toEqual([]);
  });

  it('moves ten of thirty services, those that track', async () => {
    for (let index = 0; index < 30; index += 1) {
      track(index % 3 === 0 ? 'semver:1.x' : '', 'v1.3.0', `web-${index}`);
    }
    const { work } = bench.start();
    await settled(await push(work, 'v1.4.0'));
    const all = await bench.deployments();
    expect(moves(all)).toEqual(Array.from({ length: 10 }, () => 'v1.3.0 v1.4.0 succeeded'));
    expect(new Set(all.map(({ service }) => service.name)).size).toBe(10);
  });
});

describe('a tag that a service left', () => {
  it('because it failed: back to the tag and digest before, held, and the next one is taken', async () => {
    const first = track('semver:1.x');
    const { work } = bench.start();
    bench.engine.setOutcome(publish('v1.4.0'), { kind: 'crash', exitCode: 3, afterMs: 100 });
    await settled(await push(work, 'v1.4.0'));
    expect(await bench.ended('web')).toMatchObject({ state: 'rolled-back', toTag: 'v1.4.0' });
    expect(specImage()).toBe(bench.image('acme/web:v1.3.0', first));
    const again = await push(work, 'v1.4.0');
    await settled(again);
    expect((await bench.delivery(again)).pushes[0]?.results[0]?.detail).toBe('held (known-bad)');
    // What is below it and newer than what runs is taken meanwhile.
    await settled(await push(work, 'v1.3.1', 'v1.4.0'));
    expect(tagOf()).toBe('v1.3.1');
    await settled(await push(work, 'v1.4.1'));
    expect(moves(await bench.deployments())).toEqual([
      'v1.3.0 v1.4.0 rolled-back',
      'v1.3.0 v1.3.1 succeeded',
      'v1.3.1 v1.4.1 succeeded',
    ]);
  });

  it('because a person went back: tag and digest are held until a newer one comes', async () => {
    const first = track('semver:1.x');
    const { work } = bench.start();
    await settled(await push(work, 'v1.4.0'));
    const by = { actor: 'oncall', signal: AbortSignal.timeout(60_000) };
    const key = { cluster: 'one', service: 'web' };
    await work.acts.rollback(key, { to: 'v1.3.0' }, by);
    expect(await bench.ended('web', 2)).toMatchObject({
      cause: 'taken-back',
      fromTag: 'v1.4.0',
      toTag: 'v1.3.0',
      to: first,
      state: 'succeeded',
    });
    expect(specImage()).toBe(bench.image('acme/web:v1.3.0', first));
    const again = await push(work, 'v1.4.0');
    await settled(again);
    contents.set('v1.4.0', 'built again');
    await settled(await push(work, 'v1.4.0'));
    expect((await bench.delivery(again)).pushes[0]?.results[0]?.detail).toBe(
      'held (left-by-person)',
    );
    expect(tagOf()).toBe('v1.3.0');
    await settled(await push(work, 'v1.4.1'));
    expect(tagOf()).toBe('v1.4.1');
    expect(await bench.deployments()).toHaveLength(3);
  });

  it('because somebody deployed the old stack file: not undone, and the next push moves on, once', async () => {
    const first = track('semver:1.x');
    const { work } = bench.start();
    const putBack = (): void =>
      bench.engine.changeSpec('web', (spec) => {
        spec.TaskTemplate.ContainerSpec.Image = bench.image('acme/web:v1.3.0', first);
      });
    for (const [index, tag] of ['v1.4.0', 'v1.4.1'].entries()) {
      await settled(await push(work, tag));
      expect(tagOf()).toBe(tag);
      putBack();
      for (let times = 0; times < 3; times += 1) {
        const again = await push(work, tag);
        await settled(again);
        expect((await bench.delivery(again)).pushes[0]?.results[0]?.detail).toBe(
          'held (left-by-person)',
        );
        putBack();
      }
      expect(tagOf()).toBe('v1.3.0');
      expect(await bench.deployments()).toHaveLength(index + 1);
    }
    // A person who wants it after all releases it.
    await work.acts.release(
      { cluster: 'one', service: 'web' },
      { actor: 'oncall', signal: AbortSignal.timeout(60_000) },
    );
  });

  it('while it was rolled out, because the old stack file was deployed: one move for the push', async () => {
    const first = track('semver:1.x');
    const { work } = bench.start();
    bench.engine.setOutcome(publish('v1.4.0'), { kind: 'good', startMs: 2_000 });
    const { id } = await bench.hook(work, bench.image('acme/web:v1.4.0'));
    await bench.until('it was sent', async () => {
      const [deployment] = await bench.deployments();
      return deployment?.state === 'verifying';
    });
    bench.engine.changeSpec('web', (spec) => {
      spec.TaskTemplate.ContainerSpec.Image = bench.image('acme/web:v1.3.0', first);
    });
    await bench.letFollowUpsPass(id);
    expect(moves(await bench.deployments())).toEqual(['v1.3.0 v1.4.0 failed']);
    expect(tagOf()).toBe('v1.3.0');
  });
});
