import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { crashing, good } from '../../../sandbox/image/sample.ts';
import { waitUntil } from '../../../sandbox/machine/wait-until.ts';
import type { DeploymentView } from '../../../src/core/contract/views.ts';
import { endedDeployments, untilGood } from '../../support/stage/open-stage.ts';
import { deploySettled } from '../../support/stage/settled-service.ts';
import { useStage } from '../../support/stage/use-stage.ts';

const SKEW = fileURLToPath(new URL('../../support/program/skew-clock.ts', import.meta.url));
const HOUR_MS = 60 * 60 * 1000;
const MONITOR_MS = 1_500;

describe.each([
  ['an hour ahead of', HOUR_MS],
  ['an hour behind', -HOUR_MS],
])('a helper whose clock is %s the engine’s', (words, aheadMs) => {
  const slug = words.replaceAll(' ', '-');
  const stage = useStage({
    env: { NODE_OPTIONS: `--import=${SKEW}`, TEST_CLOCK_SKEW_MS: String(aheadMs) },
  });

  /** What its steps tell of the tasks of a deployment; a list leaves them out. */
  const toldTasks = async (deployment: DeploymentView | undefined): Promise<string> => {
    const { steps } = await stage.helper.get<DeploymentView>(`/deployments/${deployment?.id}`);
    return JSON.stringify(steps.filter(({ step }) => step === 'tasks'));
  };

  test.each(['pause', 'rollback'] as const)(
    'a version that crashes, with the failure action %s: taken back, told why, and held',
    async (failureAction) => {
      const { sandbox, services, helper } = stage;
      const name = `${slug}-${failureAction}`;
      const image = (digest?: string): string => sandbox.image(`skewed/${name}`, 'v1', digest);
      const one = await sandbox.pushImage(`skewed/${name}`, 'v1', good('one'));
      await services.deploy({
        name,
        image: image(one.digest),
        failureAction,
        monitorMs: MONITOR_MS,
      });
      // What the helper has deployed is what it goes back to, whatever the clocks say of what ran before.
      const two = await sandbox.pushImage(`skewed/${name}`, 'v1', good('two'));
      await helper.postHook({ image: image() });
      const [first] = await endedDeployments(helper, name);
      expect(first).toMatchObject({ state: 'succeeded', to: two.digest });
      expect(await toldTasks(first)).toContain(two.digest);
      expect(await toldTasks(first)).not.toContain(one.digest);
      await untilGood(helper, name, two.digest);

      const bad = await sandbox.pushImage(
        `skewed/${name}`,
        'v1',
        crashing('bad', { afterMs: 300 }),
      );
      await helper.postHook({ image: image() });
      const [, deployment] = await endedDeployments(helper, name, 2);
      expect(deployment).toMatchObject({
        state: 'rolled-back',
        reason: 'task-failed',
        from: two.digest,
        to: bad.digest,
        failure: { message: 'task: non-zero exit (3)', exitCode: 3 },
      });
      expect(await toldTasks(deployment)).toContain(bad.digest);
      const { items } = await helper.get<{ items: readonly object[] }>(`/services?q=${name}`);
      expect(items).toMatchObject([{ verdict: 'held' }]);
      await services.converged(name, { digest: two.digest });
    },
  );

  const crashAtOnce = (name: string) =>
    stage.sandbox.pushImage(`skewed/${name}`, 'v1', crashing('bad', { afterMs: 100 }));

  /** A first version, deployed by somebody else, and its reference without a digest. */
  const publishFirst = async (name: string) => {
    const { digest } = await stage.sandbox.pushImage(`skewed/${name}`, 'v1', good('one'));
    return { digest, image: stage.sandbox.image(`skewed/${name}`, 'v1') };
  };

  test('what has stood well before the first update is what is come back to', async () => {
    const { services, helper } = stage;
    const name = `${slug}-stood`;
    const one = await publishFirst(name);
    const image = `${one.image}@${one.digest}`;
    await deploySettled(services, { name, image, failureAction: 'pause', monitorMs: MONITOR_MS });
    await crashAtOnce(name);
    await helper.postHook({ image: one.image });
    const [deployment] = await endedDeployments(helper, name);
    expect(deployment).toMatchObject({ state: 'rolled-back', reason: 'task-failed' });
    await services.converged(name, { digest: one.digest });
  });

  test('what has only just come up has proven nothing', async () => {
    const { services, helper } = stage;
    const name = `${slug}-fresh`;
    const one = await publishFirst(name);
    const image = `${one.image}@${one.digest}`;
    await services.deploy({ name, image, failureAction: 'pause', monitorMs: HOUR_MS / 2 });
    await crashAtOnce(name);
    await helper.postHook({ image: one.image });
    const [ended] = await endedDeployments(helper, name);
    expect(ended).toMatchObject({ state: 'failed', reason: 'task-failed' });
    const { steps } = await helper.get<DeploymentView>(`/deployments/${ended?.id}`);
    expect(steps.at(-1)?.detail).toMatchObject({
      notTakenBack: expect.stringContaining('was younger than its monitor period') as string,
    });
  });

  test('a job that has no tries left has failed', async () => {
    const { services, helper } = stage;
    const name = `${slug}-job`;
    const first = crashing('one', { afterMs: 100, code: 0 });
    const { digest } = await stage.sandbox.pushImage(`skewed/${name}`, 'v1', first);
    const image = stage.sandbox.image(`skewed/${name}`, 'v1');
    await services.create({
      name,
      image: `${image}@${digest}`,
      labels: { 'cd-helper.jobs': 'true', 'cd-helper.rollback': 'off' },
      restart: { condition: 'none' },
      spec: {
        Mode: { ReplicatedJob: { MaxConcurrent: 1, TotalCompletions: 1 } },
        UpdateConfig: undefined,
        RollbackConfig: undefined,
      },
    });
    await waitUntil(
      async () => (await services.tasks(name))[0]?.Status.State === 'complete' || null,
      { what: `${name} has run`, withinMs: 60_000 },
    );
    await crashAtOnce(name);
    await helper.postHook({ image });
    const [ended] = await endedDeployments(helper, name);
    expect(ended).toMatchObject({ state: 'failed', failure: { exitCode: 3 } });
  });
});
