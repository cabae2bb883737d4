import { describe, expect, test } from 'vitest';
import { multiPlatform } from '../../../sandbox/image/sample.ts';
import type { RunView } from '../../../src/core/contract/run-views.ts';
import { digestsBySlot, endedDelivery, endedDeployments } from '../../support/stage/open-stage.ts';
import { useStage } from '../../support/stage/use-stage.ts';

/** An index as buildx publishes it, and services that name one of its members. */
describe('an index with attestations', () => {
  const stage = useStage();

  test('is current where a platform of it runs, and not where an attestation is named', async () => {
    const { helper, services, sandbox } = stage;
    const repository = 'members/verdicts';
    const index = await sandbox.pushImage(repository, 'v1', multiPlatform('verdicts one'));
    const [amd64, arm64, ...attestations] = index.members;
    expect(attestations).toHaveLength(2);
    const image = (digest: string | undefined) => sandbox.image(repository, 'v1', digest);
    const own = process.arch === 'arm64' ? arm64 : amd64;
    await services.deploy(
      { name: 'members-index', image: image(index.digest) },
      { name: 'members-own', image: image(own) },
      // Without tasks, as this machine can run neither: their specs alone are judged.
      { name: 'members-other', image: image(own === amd64 ? arm64 : amd64), replicas: 0 },
      { name: 'members-attestation', image: image(attestations[0]), replicas: 0 },
    );
    const names = ['members-attestation', 'members-index', 'members-other', 'members-own'];
    const dryRun = async (): Promise<Record<string, string>> => {
      const request = { services: ['members-*'], dryRun: true };
      const run = (await (await helper.post('/smart-redeploy', request)).json()) as RunView;
      return Object.fromEntries(run.services.map(({ name, verdict }) => [name, verdict]));
    };
    const versions = () => Promise.all(names.map((name) => services.versionOf(name)));
    const before = await versions();
    expect(await dryRun()).toEqual({
      'members-index': 'current',
      'members-own': 'current',
      'members-other': 'current',
      'members-attestation': 'obsolete',
    });

    await sandbox.pushImage(repository, 'v1', multiPlatform('verdicts two'));
    expect(await dryRun()).toEqual(Object.fromEntries(names.map((name) => [name, 'obsolete'])));
    expect(await versions()).toEqual(before);
    await services.remove(...names);
  });

  test('changes nothing by its push where a platform of it runs already', async () => {
    const { helper, services, sandbox } = stage;
    const repository = 'members/pushed';
    const name = 'members-pushed';
    const index = await sandbox.pushImage(repository, 'v1', multiPlatform('pushed one'));
    const [platform] = index.members;
    expect(platform).toBeDefined();
    await services.deploy({ name, image: sandbox.image(repository, 'v1', platform) });
    const before = await services.versionOf(name);
    const image = sandbox.image(repository, 'v1');
    const delivery = await endedDelivery(
      helper,
      await helper.postHook({ image, digest: index.digest }),
    );
    expect(delivery.pushes[0]?.results).toMatchObject([{ outcome: 'nothing-to-do' }]);
    expect(await services.versionOf(name)).toBe(before);
    const [view] = await helper.services(`?q=${name}`);
    expect(view).toMatchObject({ verdict: 'current', running: platform, published: index.digest });

    const next = await sandbox.pushImage(repository, 'v1', multiPlatform('pushed two'));
    await helper.postHook({ image, digest: next.digest });
    const found = await endedDeployments(helper, name);
    expect(found).toMatchObject([{ state: 'succeeded', from: platform, to: next.digest }]);
    const slots = [...digestsBySlot(await services.tasks(name)).values()];
    expect(slots).toEqual([[platform, next.digest]]);
    await services.remove(name);
  });
});
