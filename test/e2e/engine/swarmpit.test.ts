import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { crashing, good } from '../../../sandbox/image/sample.ts';
import { waitUntil } from '../../../sandbox/machine/wait-until.ts';
import type { Digest } from '../../../src/core/image/digest.ts';
import type { ClusterView, Page } from '../../../src/core/contract/views.ts';
import { endedDelivery, endedDeployments } from '../../support/stage/open-stage.ts';
import { ownSandbox } from '../../support/stage/own-sandbox.ts';
import { deploySettled, digestOfTask } from '../../support/stage/settled-service.ts';
import {
  startSwarmpitDouble,
  type SwarmpitDouble,
} from '../../support/swarmpit/swarmpit-double.ts';
import { useStage } from '../../support/stage/use-stage.ts';

const MONITOR_MS = 1_000;
/** A program that does its work and ends well, as jobs do. */
const finishing = (version: string) => crashing(version, { afterMs: 100, code: 0 });

describe('a Swarm behind Swarmpit', () => {
  const { engines, registry } = ownSandbox();
  let swarmpit: SwarmpitDouble;
  let beforeAnswer: (() => Promise<void>) | null = null;
  beforeAll(async () => {
    swarmpit = await startSwarmpitDouble({
      engineUrl: engines[0].url,
      registries: { [registry.host]: registry.url },
      beforeAnswer: async () => beforeAnswer?.(),
    });
  });
  afterAll(() => swarmpit.close());
  const stage = useStage(() => ({
    config: {
      clusters: [{ name: 'default', type: 'swarmpit', url: swarmpit.url, token: swarmpit.token }],
    },
  }));

  const deploy = async (name: string): Promise<{ from: Digest; image: string }> => {
    const { sandbox, services } = stage;
    const { digest } = await sandbox.pushImage(`swarmpit/${name}`, 'v1', good(`${name} one`));
    const image = sandbox.image(`swarmpit/${name}`, 'v1');
    const pinned = `${image}@${digest}`;
    await deploySettled(services, { name, image: pinned, replicas: 2, monitorMs: MONITOR_MS });
    return { from: digest, image };
  };

  test('tells what its version can do', async () => {
    const { items } = await stage.helper.get<Page<ClusterView>>('/clusters');
    expect(items).toMatchObject([
      {
        state: 'up',
        description: expect.stringMatching(/^Swarmpit 1\.10, Docker Engine /),
        capabilities: { setsDigest: false, tellsTasks: true, givesLogs: true },
      },
    ]);
  });

  test('a push is deployed once, and a person goes back from it', async () => {
    const { helper, sandbox, services } = stage;
    const name = 'swarmpit-push';
    const { from, image } = await deploy(name);
    const { digest } = await sandbox.pushImage(`swarmpit/${name}`, 'v1', good(`${name} two`));
    const known = swarmpit.redeploys.length;
    await helper.postHook({ image, digest });
    const found = await endedDeployments(helper, name);
    expect(found).toMatchObject([{ state: 'succeeded', from, to: digest }]);
    expect(await services.runningDigests(name)).toEqual([digest, digest]);

    const asked = await helper.post(`/clusters/default/services/${name}/rollback`);
    expect(asked.status).toBe(202);
    const [, back] = await endedDeployments(helper, name, 2);
    expect(back).toMatchObject({ state: 'succeeded', cause: 'taken-back', to: from });
    // What was left is held.
    const again = await endedDelivery(helper, await helper.postHook({ image, digest }));
    expect(again.pushes[0]?.results).toMatchObject([{ outcome: 'nothing-to-do' }]);
    expect(await services.runningDigests(name)).toEqual([from, from]);
    expect(swarmpit.redeploys.length - known).toBe(1);
    await services.remove(name);
  });

  test('an image that exits after its monitor period is a failure, with its lines, and held; the previous spec comes back', async () => {
    const { helper, sandbox, services } = stage;
    const name = 'swarmpit-crash';
    const repository = `swarmpit/${name}`;
    const { image } = await deploy(name);
    const { digest: from } = await sandbox.pushImage(repository, 'v1', good(`${name} two`));
    await helper.postHook({ image, digest: from });
    expect(await endedDeployments(helper, name)).toMatchObject([{ state: 'succeeded', to: from }]);

    const bad = crashing(`${name} three`, { afterMs: MONITOR_MS + 200, code: 7 });
    const { digest } = await sandbox.pushImage(repository, 'v1', bad);
    const known = swarmpit.redeploys.length;
    await helper.postHook({ image, digest });
    const [, failed] = await endedDeployments(helper, name, 2);
    expect(failed).toMatchObject({
      state: 'rolled-back',
      reason: 'task-failed',
      from,
      to: digest,
      failure: { message: 'task: non-zero exit (7)', exitCode: 7 },
    });
    expect(failed?.failure?.log.at(-1)).toBe('sample: giving up with exit code 7');
    const delivery = await endedDelivery(helper, await helper.postHook({ image, digest }));
    expect(delivery.pushes[0]?.results).toMatchObject([{ outcome: 'nothing-to-do' }]);
    expect(swarmpit.redeploys.length - known).toBe(1);
    expect(await services.runningDigests(name)).toEqual([from, from]);
    await services.remove(name);
  });

  test('a job with the label runs again, once, to its end', async () => {
    const { helper, sandbox, services } = stage;
    const name = 'swarmpit-job';
    const repository = `swarmpit/${name}`;
    const one = await sandbox.pushImage(repository, 'v1', finishing(`${name} one`));
    await services.create({
      name,
      image: sandbox.image(repository, 'v1', one.digest),
      labels: { 'cd-helper.jobs': 'true' },
      restart: { condition: 'none' },
      spec: {
        Mode: { ReplicatedJob: { MaxConcurrent: 1, TotalCompletions: 2 } },
        UpdateConfig: undefined,
        RollbackConfig: undefined,
      },
    });
    await waitUntil(
      async () => {
        const states = (await services.tasks(name)).map(({ Status }) => Status.State);
        return states.filter((state) => state === 'complete').length === 2 ? true : null;
      },
      { what: `${name} has run`, withinMs: 60_000 },
    );
    const { digest } = await sandbox.pushImage(repository, 'v1', finishing(`${name} two`));
    await helper.postHook({ image: sandbox.image(repository, 'v1'), digest });
    const found = await endedDeployments(helper, name);
    expect(found).toMatchObject([{ state: 'succeeded', from: one.digest, to: digest }]);
    const tasks = (await services.tasks(name)).filter((task) => digestOfTask(task) === digest);
    expect(tasks.map(({ Status }) => Status.State)).toEqual(['complete', 'complete']);
    await services.remove(name);
  });

  test('a helper that is killed between the redeploy and its answer redeploys once', async () => {
    const { sandbox, services } = stage;
    const name = 'swarmpit-killed';
    const { from, image } = await deploy(name);
    const { digest } = await sandbox.pushImage(`swarmpit/${name}`, 'v1', good(`${name} two`));
    const known = swarmpit.redeploys.length;
    const killed = Promise.withResolvers<void>();
    beforeAnswer = async () => {
      beforeAnswer = null;
      await stage.helper.kill();
      killed.resolve();
    };
    await stage.helper.postHook({ image, digest });
    await killed.promise;
    await stage.restart();
    const found = await endedDeployments(stage.helper, name);
    expect(found).toMatchObject([{ state: 'succeeded', from, to: digest }]);
    expect(await services.runningDigests(name)).toEqual([digest, digest]);
    expect(swarmpit.redeploys.length - known).toBe(1);
    await services.remove(name);
  });
});
