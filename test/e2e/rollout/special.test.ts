import { describe, expect, test } from 'vitest';
import { crashing, good, multiPlatform } from '../../../sandbox/image/sample.ts';
import { waitUntil } from '../../../sandbox/machine/wait-until.ts';
import { endedDelivery, endedDeployments, openStage } from '../../support/stage/open-stage.ts';
import { ownSandbox } from '../../support/stage/own-sandbox.ts';
import { deploySettled, digestOfTask, tasksBySlot } from '../../support/stage/settled-service.ts';
import { useStage } from '../../support/stage/use-stage.ts';

/** A program that does its work and ends well, as jobs do. */
const finishing = (version: string) => crashing(version, { afterMs: 100, code: 0 });

describe('a push for', () => {
  const stage = useStage();

  const createJob = async (name: string, labels: Readonly<Record<string, string>>) => {
    const { sandbox, services } = stage;
    const { digest } = await sandbox.pushImage(`special/${name}`, 'v1', finishing(`${name} one`));
    await services.create({
      name,
      image: sandbox.image(`special/${name}`, 'v1', digest),
      labels,
      restart: { condition: 'none' },
      spec: {
        Mode: { ReplicatedJob: { MaxConcurrent: 1, TotalCompletions: 1 } },
        UpdateConfig: undefined,
        RollbackConfig: undefined,
      },
    });
    await waitUntil(
      async () => {
        const [task] = await services.tasks(name);
        return task?.Status.State === 'complete' ? true : null;
      },
      { what: `${name} has run`, withinMs: 60_000 },
    );
    return digest;
  };

  test('a job leaves it alone', async () => {
    const { helper, sandbox, services } = stage;
    const name = 'special-job';
    await createJob(name, {});
    const before = await services.versionOf(name);
    const { digest } = await sandbox.pushImage(`special/${name}`, 'v1', finishing('job two'));
    const image = sandbox.image(`special/${name}`, 'v1');
    const delivery = await endedDelivery(helper, await helper.postHook({ image, digest }));
    expect(delivery.pushes[0]?.results).toMatchObject([
      { outcome: 'nothing-to-do', detail: 'excluded (job)' },
    ]);
    expect(await services.versionOf(name)).toBe(before);
    expect((await services.tasks(name)).length).toBe(1);
    await services.remove(name);
  });

  test('a job with the label runs it again, once, to its end', async () => {
    const { helper, sandbox, services } = stage;
    const name = 'special-labelled-job';
    const from = await createJob(name, { 'cd-helper.jobs': 'true' });
    const { digest } = await sandbox.pushImage(`special/${name}`, 'v1', finishing('job two'));
    await helper.postHook({ image: sandbox.image(`special/${name}`, 'v1'), digest });
    const found = await endedDeployments(helper, name);
    expect(found).toMatchObject([{ state: 'succeeded', from, to: digest }]);
    const tasks = await services.tasks(name);
    expect(tasks.map(({ Status }) => Status.State)).toEqual(['complete', 'complete']);
    expect(tasks.map(digestOfTask).toSorted()).toEqual([from, digest].toSorted());
    await services.remove(name);
  });

  test('an image for another machine, where all nodes are alike: never sent, and no task is touched', async () => {
    const { helper, sandbox, services } = stage;
    const name = 'special-machine';
    const repository = `special/${name}`;
    const image = sandbox.image(repository, 'v1');
    const one = await sandbox.pushImage(repository, 'v1', good(`${name} one`));
    await services.deploy({ name, image: `${image}@${one.digest}` });
    // The first update gives the spec the platform of the image, which is that of each node.
    const { digest: from } = await sandbox.pushImage(repository, 'v1', good(`${name} two`));
    await helper.postHook({ image });
    await endedDeployments(helper, name);
    const index = await sandbox.uploadImage(repository, multiPlatform(`${name} three`));
    const foreign = index.members[process.arch === 'arm64' ? 0 : 1];
    if (foreign === undefined) throw new Error('the index has one member for each machine');
    await sandbox.moveTag(repository, 'v1', foreign);
    await helper.postHook({ image });
    const [, deployment, ...more] = await endedDeployments(helper, name, 2);
    expect(more).toEqual([]);
    expect(deployment).toMatchObject({
      state: 'failed',
      reason: 'no-fitting-node',
      from,
      to: foreign,
    });
    expect(deployment?.failure?.message).toContain('linux/');
    expect(deployment?.steps.map(({ step }) => step)).not.toContain('update-sent');
    await services.converged(name, { digest: from });
    const tasks = await services.tasks(name);
    expect(tasks.filter(({ Spec }) => Spec.ContainerSpec.Image.includes(foreign))).toEqual([]);
    expect(await helper.services(`?q=${name}`)).toMatchObject([{ running: from }]);
    await services.remove(name);
  });

  test('a service whose tasks find no place fails at its deadline, and says why', async () => {
    const { helper, sandbox, services } = stage;
    const name = 'special-no-place';
    const { digest: from } = await sandbox.pushImage(`special/${name}`, 'v1', good(`${name} one`));
    const image = sandbox.image(`special/${name}`, 'v1');
    await services.create({
      name,
      image: `${image}@${from}`,
      replicas: 2,
      labels: { 'cd-helper.timeout': '10s' },
      // Of those that the helper knows to read, it sends nothing that no node satisfies.
      constraints: ['node.ip == 203.0.113.1'],
    });
    const { digest: to } = await sandbox.pushImage(`special/${name}`, 'v1', good(`${name} two`));
    await helper.postHook({ image, digest: to });
    const first = await waitUntil(
      async () => {
        const found = (await helper.deployments(`?service=${name}`)).at(-1);
        return found === undefined || found.endedAt === null ? null : found;
      },
      { what: 'the deployment has ended', withinMs: 60_000 },
    );
    expect(first).toMatchObject({
      state: 'failed',
      reason: 'no-fitting-node',
      failure: { message: expect.stringContaining('no suitable node') as string },
    });
    const end = first.steps.find(({ step }) => step === 'failed');
    expect(end?.detail).toMatchObject({
      notTakenBack: expect.stringContaining('no good image known') as string,
    });
    await services.remove(name);
  });
});

describe('the same bad digest', () => {
  test('pushed five times, asked for five times, and after a restart, is tried once', async ({
    onTestFailed,
  }) => {
    const stage = await openStage(ownSandbox());
    onTestFailed(() => stage.tell());
    const { sandbox, services } = stage;
    const name = 'special-bad';
    const repository = `special/${name}`;
    const image = sandbox.image(repository, 'v1');
    try {
      const { digest: from } = await sandbox.pushImage(repository, 'v1', good(`${name} one`));
      await deploySettled(services, { name, image: `${image}@${from}`, monitorMs: 1_500 });
      const { digest: bad } = await sandbox.pushImage(
        repository,
        'v1',
        crashing(`${name} two`, { afterMs: 100 }),
      );
      const pushBad = async (): Promise<void> => {
        const { helper } = stage;
        await endedDelivery(helper, await helper.postHook({ image, digest: bad }));
        const run = await helper.post('/smart-redeploy', { services: [name] });
        expect(run.status).toBe(202);
        await endedDeployments(helper, name);
      };
      for (let times = 0; times < 5; times += 1) await pushBad();
      await stage.restart();
      await pushBad();
      const tried = await endedDeployments(stage.helper, name);
      expect(tried).toMatchObject([{ state: 'rolled-back', to: bad }]);
      await services.converged(name, { digest: from });
      // Pushed and asked for six times, tried once; the engine's own restarts stop when it is taken back.
      const digests = tasksBySlot(await services.tasks(name)).map((tasks) =>
        tasks.map(digestOfTask),
      );
      expect(digests.flat().filter((digest) => digest === from).length).toBe(2);

      const { digest: next } = await sandbox.pushImage(repository, 'v1', good(`${name} three`));
      await stage.helper.postHook({ image, digest: next });
      const [, deployed] = await endedDeployments(stage.helper, name, 2);
      expect(deployed).toMatchObject({ state: 'succeeded', to: next });
      await services.converged(name, { digest: next });

      const back = await stage.helper.post(`/clusters/default/services/${name}/rollback`);
      expect(back.status).toBe(202);
      const [, , rolledBack] = await endedDeployments(stage.helper, name, 3);
      expect(rolledBack).toMatchObject({ state: 'succeeded', cause: 'taken-back', to: from });
      await services.converged(name, { digest: from });
      await endedDelivery(stage.helper, await stage.helper.postHook({ image, digest: next }));
      expect((await endedDeployments(stage.helper, name)).length).toBe(3);
      const [view] = await stage.helper.services(`?q=${name}`);
      expect(view).toMatchObject({ verdict: 'held', reason: 'left-by-person', running: from });
    } finally {
      await services.remove(name);
      await stage.close();
    }
  });
});
