import { afterAll, beforeAll, expect, test } from 'vitest';
import { crashing, good } from '../../../sandbox/image/sample.ts';
import type { RunView } from '../../../src/core/contract/run-views.ts';
import { endedDelivery, endedDeployments } from '../../support/stage/open-stage.ts';
import { ownSandbox } from '../../support/stage/own-sandbox.ts';
import { deploySettled } from '../../support/stage/settled-service.ts';
import {
  startSwarmpitDouble,
  type SwarmpitDouble,
} from '../../support/swarmpit/swarmpit-double.ts';
import { movesOf, tagOfSpec } from '../../support/fake-registry/tag-scheme.ts';
import { useStage } from '../../support/stage/use-stage.ts';

const MONITOR_MS = 800;
const { engines, registry } = ownSandbox();
let swarmpit: SwarmpitDouble;
beforeAll(async () => {
  swarmpit = await startSwarmpitDouble({
    engineUrl: engines[0].url,
    registries: { [registry.host]: registry.url },
  });
});
afterAll(() => swarmpit.close());
const stage = useStage(() => ({
  config: {
    clusters: [{ name: 'default', type: 'swarmpit', url: swarmpit.url, token: swarmpit.token }],
  },
}));

test('behind Swarmpit a service follows its tags, goes back from a bad one, and a run moves it on', async () => {
  const { sandbox, services, helper } = stage;
  const name = 'pit-web';
  const repository = 'pit/web';
  const publish = async (tag: string, sample = good(`${name} ${tag}`)) =>
    (await sandbox.pushImage(repository, tag, sample)).digest;
  const hook = async (tag: string, digest: string) =>
    endedDelivery(helper, await helper.postHook({ image: sandbox.image(repository, tag), digest }));
  const present = async (): Promise<string> =>
    tagOfSpec((await services.inspect(name)).Spec.TaskTemplate.ContainerSpec.Image);

  const first = await publish('v1.3.0');
  await deploySettled(services, {
    name,
    image: sandbox.image(repository, 'v1.3.0', first),
    labels: { 'cd-helper.track': 'semver:1.x' },
    monitorMs: MONITOR_MS,
  });
  const good140 = await publish('v1.4.0');
  await hook('v1.4.0', good140);
  await endedDeployments(helper, name);
  expect(await present()).toBe('v1.4.0');
  expect(await services.runningDigests(name)).toEqual([good140]);

  const bad = await publish('v1.5.0', crashing(`${name} bad`, { afterMs: 200, code: 7 }));
  await hook('v1.5.0', bad);
  const [, failed] = await endedDeployments(helper, name, 2);
  expect(failed).toMatchObject({ state: 'rolled-back', fromTag: 'v1.4.0', toTag: 'v1.5.0' });
  expect(await present()).toBe('v1.4.0');
  await services.converged(name, { digest: good140 });
  const again = await hook('v1.5.0', bad);
  expect(again.pushes[0]?.results).toMatchObject([
    { outcome: 'nothing-to-do', detail: 'held (known-bad)' },
  ]);
  const late = await hook('v1.3.0', first);
  expect(late.pushes[0]?.results).toMatchObject([{ outcome: 'nothing-to-do' }]);

  const missed = await publish('v1.5.1');
  const answer = await helper.post('/smart-redeploy', { services: [name], dryRun: true });
  const plan = (await answer.json()) as RunView;
  expect(plan.services).toMatchObject([
    {
      detail: 'would move v1.4.0 → v1.5.1: matches semver:1.x, newest of 4 tags',
      target: { tag: 'v1.5.1', digest: missed },
    },
  ]);
  await helper.post('/smart-redeploy', { services: [name] });
  expect(movesOf(await endedDeployments(helper, name, 3))).toEqual([
    'v1.3.0 → v1.4.0 succeeded',
    'v1.4.0 → v1.5.0 rolled-back',
    'v1.4.0 → v1.5.1 succeeded',
  ]);
  expect(await services.runningDigests(name)).toEqual([missed]);
  await services.remove(name);
});
