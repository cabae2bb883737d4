import { expect, test } from 'vitest';
import { good } from '../../../sandbox/image/sample.ts';
import { waitUntil } from '../../../sandbox/machine/wait-until.ts';
import type { DeploymentView } from '../../../src/core/contract/views.ts';
import { endedDeployments } from '../../support/stage/open-stage.ts';
import { deploySettled, digestOfTask } from '../../support/stage/settled-service.ts';
import { useStage } from '../../support/stage/use-stage.ts';

const DELAY_MS = 90_000;
const MONITOR_MS = 1_000;
const WAITING = ['waits-1', 'waits-2', 'waits-3', 'waits-4'];
const stage = useStage();

const image = (name: string, digest?: string): string =>
  stage.sandbox.image(`waiting/${name}`, 'v1', digest);
const publish = async (name: string, version: string): Promise<string> =>
  (await stage.sandbox.pushImage(`waiting/${name}`, 'v1', good(`${name} ${version}`))).digest;
const deploy = async (name: string, delayMs = 0): Promise<void> => {
  const digest = await publish(name, 'one');
  await deploySettled(stage.services, {
    name,
    image: image(name, digest),
    replicas: 2,
    monitorMs: MONITOR_MS,
    delayMs,
  });
};
/** How long after it was queued its update was sent, ms. */
const sentAfter = ({ queuedAt, steps }: DeploymentView): number => {
  const sent = steps.find(({ step }) => step === 'update-sent');
  return Date.parse(sent?.at ?? '') - Date.parse(queuedAt);
};

test('a push and a rollback start at once beside four rollouts that wait between two tasks', async () => {
  const { helper, services } = stage;
  await deploy('pushed');
  await deploy('taken-back');
  for (const name of WAITING) await deploy(name, DELAY_MS);
  const newer = await publish('taken-back', 'two');
  await helper.postHook({ image: image('taken-back') });
  expect(await endedDeployments(helper, 'taken-back')).toMatchObject([
    { state: 'succeeded', to: newer },
  ]);

  for (const name of WAITING) {
    const to = await publish(name, 'two');
    await helper.postHook({ image: image(name) });
    await waitUntil(
      async () =>
        (await services.tasks(name)).some(
          (task) => digestOfTask(task) === to && task.Status.State === 'running',
        ) || null,
      { what: `the first task of ${name} is replaced`, withinMs: 60_000, everyMs: 200 },
    );
  }
  const to = await publish('pushed', 'two');
  await helper.postHook({ image: image('pushed') });
  await helper.post('/clusters/default/services/taken-back/rollback');
  const [pushed] = await endedDeployments(helper, 'pushed');
  const [, back] = await endedDeployments(helper, 'taken-back', 2);
  expect(pushed).toMatchObject({ state: 'succeeded', to });
  expect(back).toMatchObject({ state: 'succeeded', cause: 'taken-back', from: newer });
  for (const name of WAITING) {
    expect(await helper.deployments(`?service=${name}`)).toMatchObject([{ state: 'verifying' }]);
  }
  for (const one of [pushed, back]) {
    if (one === undefined) throw new Error('a deployment is missing');
    expect(sentAfter(one)).toBeLessThan(DELAY_MS / 3);
  }
  process.stderr.write(
    `sent after ${[pushed, back].map((one) => one && sentAfter(one)).join(' and ')} ms\n`,
  );
}, 240_000);
