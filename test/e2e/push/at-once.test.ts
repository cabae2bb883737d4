import { describe, expect, test } from 'vitest';
import { good } from '../../../sandbox/image/sample.ts';
import { waitUntil } from '../../../sandbox/machine/wait-until.ts';
import type { Digest } from '../../../src/core/image/digest.ts';
import type { Page } from '../../../src/core/contract/views.ts';
import type { RunSummary } from '../../../src/core/contract/run-views.ts';
import { digestOfChar } from '../../support/work/make-service.ts';
import { endedDelivery, endedDeployments, untilGood } from '../../support/stage/open-stage.ts';
import { deploySettled, digestOfTask } from '../../support/stage/settled-service.ts';
import { useStage } from '../../support/stage/use-stage.ts';

describe.concurrent('what comes at once, or in an odd moment', () => {
  const stage = useStage();

  const publish = async (repository: string, version: string, tag = 'v1'): Promise<Digest> =>
    (await stage.sandbox.pushImage(repository, tag, good(version))).digest;
  /** A service that has run the first version for long enough to be good, and its next version. */
  const deploy = async (name: string, repository = `at-once/${name}`, tag = 'v1') => {
    const from = await publish(repository, 'one', tag);
    const image = stage.sandbox.image(repository, tag);
    const request = { name, image: `${image}@${from}`, replicas: 2, monitorMs: 1_000 };
    await deploySettled(stage.services, request);
    return { image, from, to: await publish(repository, 'two', tag) };
  };
  const started = async (name: string, digest: Digest): Promise<number> =>
    (await stage.services.tasks(name)).filter((task) => digestOfTask(task) === digest).length;

  test('hooks, runs and people who ask for one digest share one update', async () => {
    const name = 'at-once-all';
    const { image, to } = await deploy(name);
    const { helper } = stage;
    const redeploy = `/clusters/default/services/${name}/redeploy`;
    const [hook, ...others] = await Promise.all([
      helper.postHook({ image, digest: to }),
      ...Array.from({ length: 9 }, () => helper.postHook({ image, digest: to })),
      ...Array.from({ length: 3 }, () => helper.post('/smart-redeploy', { services: [name] })),
      ...Array.from({ length: 3 }, () => helper.post(redeploy, {})),
    ]);
    // A person who asks while it is done already is told that there is nothing to do.
    expect(others.map(({ status }) => status).filter((one) => ![202, 409].includes(one))).toEqual(
      [],
    );
    await endedDelivery(helper, hook);
    await waitUntil(
      async () => {
        const { items } = await helper.get<Page<RunSummary>>('/runs');
        return items.every(({ state }) => state === 'done') ? true : null;
      },
      { what: 'every run has ended', withinMs: 60_000, everyMs: 100 },
    );
    const found = await endedDeployments(helper, name);
    expect(found).toMatchObject([{ state: 'succeeded', to }]);
    expect(await started(name, to)).toBe(2);
  });

  test('a service that is removed in mid-rollout and made again gets its next push', async () => {
    const name = 'at-once-again';
    const { image, from, to } = await deploy(name);
    const { helper, services } = stage;
    const answer = await helper.postHook({ image, digest: to });
    await waitUntil(
      async () => (await helper.deployments(`?service=${name}`))[0]?.state === 'verifying' || null,
      { what: 'it is under way', withinMs: 60_000, everyMs: 20 },
    );
    await services.remove(name);
    await services.create({ name, image: `${image}@${from}` });
    await endedDelivery(helper, answer);
    expect(await endedDeployments(helper, name)).toMatchObject([
      { state: 'failed', reason: 'service-removed' },
    ]);
    await helper.postHook({ image, digest: to });
    const [, second] = await endedDeployments(helper, name, 2);
    expect(second).toMatchObject({ state: 'succeeded', to });
    expect(await services.runningDigests(name)).toEqual([to]);
  });

  test('a global service that no node may run is done at once', async () => {
    const name = 'at-once-nowhere';
    const repository = `at-once/${name}`;
    const from = await publish(repository, 'one');
    const image = stage.sandbox.image(repository, 'v1');
    const constraints = ['node.labels.nobody == has'];
    await stage.services.create({ name, image: `${image}@${from}`, mode: 'global', constraints });
    const to = await publish(repository, 'two');
    await stage.helper.postHook({ image, digest: to });
    expect(await endedDeployments(stage.helper, name)).toMatchObject([{ state: 'succeeded', to }]);
  });

  test('who goes back to a digest that is gone gets the last good image that is not held', async () => {
    const name = 'at-once-gone';
    const { image, from, to } = await deploy(name);
    const { helper, services } = stage;
    await helper.postHook({ image, digest: to });
    await endedDeployments(helper, name);
    await untilGood(helper, name, to);
    const gone = digestOfChar('a');
    const path = `/clusters/default/services/${name}/rollback`;
    expect((await helper.post(path, { to: gone })).status).toBe(202);
    const back = await waitUntil(
      async () => {
        const all = await helper.deployments(`?service=${name}`);
        return all.find((one) => one.to === gone && one.endedAt !== null) ?? null;
      },
      { what: 'it has ended', withinMs: 90_000, everyMs: 100 },
    );
    expect(back).toMatchObject({ state: 'rolled-back', reason: 'image-unavailable' });
    // What the person left is held.
    await services.converged(name, { digest: from });
    // It is tried again later, as an image that cannot be pulled may come back.
    await services.remove(name);
  });

  test('the longest names are names', async () => {
    const name = `at-once-${'n'.repeat(55)}`;
    const repository = `at-once/${'r'.repeat(200)}`;
    const { image, to } = await deploy(name, repository, 't'.repeat(128));
    await stage.helper.postHook({ image, digest: to });
    expect(await endedDeployments(stage.helper, name)).toMatchObject([{ state: 'succeeded', to }]);
  });
});
