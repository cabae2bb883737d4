import type { Digest } from '../../../src/core/image/digest.ts';
import { expect, test } from 'vitest';
import { good } from '../../../sandbox/image/sample.ts';
import { seeded } from '../../chaos/seeded.ts';
import { endedDelivery, endedDeployments } from '../../support/stage/open-stage.ts';
import { deploySettled } from '../../support/stage/settled-service.ts';
import {
  publishUnder,
  releaseTags,
  shuffled,
  tagOfSpec,
} from '../../support/fake-registry/tag-scheme.ts';
import { useStage } from '../../support/stage/use-stage.ts';

const ROUNDS = Number(process.env['ROUNDS'] ?? 3);
const seed = Number(process.env['CHAOS_SEED'] ?? Date.now() % 1_000_000);
const MONITOR_MS = 300;
const RELEASES = [
  ['1.3.0', '982c388'],
  ['1.3.1', '0a1b2c3'],
  ['1.4.0', '60737d6'],
  ['2.0.0', '1234567'],
] as const;
const NEWEST = 'v1.4.0_60737d6';

const stage = useStage();

test(`pushes of a whole scheme of tags in any order end with the newest, and never go down (${ROUNDS} rounds, CHAOS_SEED=${seed})`, async () => {
  const { sandbox, services, helper } = stage;
  const random = seeded(seed);
  for (let round = 1; round <= ROUNDS; round += 1) {
    const repository = `orders/web-${round}`;
    const [web, still] = [`orders-${round}`, `orders-still-${round}`];
    const first = await publishUnder(
      sandbox,
      repository,
      ['v1.2.9_aaaaaaa', 'INT'],
      good(`${web} 1.2.9`),
    );
    for (const [name, tag, labels] of [
      [web, 'v1.2.9_aaaaaaa', { 'cd-helper.track': 'semver:1.x' }],
      [still, 'INT', {}],
    ] as const) {
      const image = sandbox.image(repository, tag, first.digest);
      await deploySettled(services, { name, image, labels, monitorMs: MONITOR_MS });
    }

    const pushes: { readonly tag: string; readonly digest: Digest }[] = [];
    for (const [version, commit] of RELEASES) {
      const tags = releaseTags(version, commit);
      const { digest } = await publishUnder(sandbox, repository, tags, good(`${web} ${version}`));
      pushes.push(...tags.map((tag) => ({ tag, digest })));
    }
    const others = ['INT', 'pr-177', 'main-60737d6', 'v1.5.0-rc.1'] as const;
    const branch = await publishUnder(sandbox, repository, others, good(`${web} branch`));
    pushes.push(...others.map((tag) => ({ tag, digest: branch.digest })));
    // Moving tags show what came last, whichever webhook tells of them.
    const order = shuffled([...pushes, ...pushes.slice(0, 4)], random);
    const answers: Response[] = [];
    for (const { tag, digest } of order) {
      const isMoving = /^v\d+(?:\.\d+)?$/.test(tag);
      const image = sandbox.image(repository, tag);
      answers.push(await helper.postHook(isMoving ? { image } : { image, digest }));
    }
    const deployments = await endedDeployments(helper, web);
    for (const answer of answers) await endedDelivery(helper, answer);
    const all = await endedDeployments(helper, web, deployments.length);

    const newest = pushes.find(({ tag }) => tag === NEWEST)?.digest;
    if (newest === undefined) throw new Error(`nothing was pushed as ${NEWEST}`);
    await services.converged(web, { digest: newest });
    const { Spec } = await services.inspect(web);
    expect(Spec.TaskTemplate.ContainerSpec.Image).toBe(sandbox.image(repository, NEWEST, newest));
    expect(await services.runningDigests(web)).toEqual([newest]);
    const went = all.filter(({ state }) => state === 'succeeded').map(({ toTag }) => toTag);
    expect(went).toEqual(went.toSorted());
    expect(new Set(went).size).toBe(went.length);
    // What follows nothing got what was pushed to its own tag, and nothing else.
    await services.converged(still, { digest: branch.digest });
    const untouched = await services.inspect(still);
    expect(tagOfSpec(untouched.Spec.TaskTemplate.ContainerSpec.Image)).toBe('INT');
    expect(await services.runningDigests(still)).toEqual([branch.digest]);
    await services.remove(web, still);
  }
});
