import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { engineProcess } from '../../../sandbox/engine/engine-process.ts';
import { good } from '../../../sandbox/image/sample.ts';
import { waitUntil } from '../../../sandbox/machine/wait-until.ts';
import { type Sandbox, startSandbox } from '../../../sandbox/sandbox.ts';
import { endedDeployments } from '../../support/stage/open-stage.ts';
import { deploySettled, digestOfTask, tasksBySlot } from '../../support/stage/settled-service.ts';
import { useStage } from '../../support/stage/use-stage.ts';

const MONITOR_MS = 1_000;
const REPLICAS = 3;
const STOPPED_FOR_MS = 4_000;

describe('an engine that fails in the middle of a rollout', () => {
  // Its own, because no other test's services should go through this.
  let sandbox: Sandbox;
  beforeAll(async () => {
    sandbox = await startSandbox();
  });
  afterAll(() => sandbox?.stop());
  const stage = useStage(() => ({ addresses: sandbox.addresses }));

  const signalEngine = async (signal: NodeJS.Signals): Promise<number> => {
    const pid = await engineProcess(sandbox.engines[0]);
    process.kill(pid, signal);
    return pid;
  };

  const restartHelper = async (): Promise<void> => {
    await stage.helper.kill();
    await stage.restart();
  };

  const engineAnswers = (): Promise<unknown> =>
    waitUntil(() => sandbox.engines[0].api.call('GET', '/services'), {
      what: 'the engine answers again',
      withinMs: 60_000,
    });

  const faults = {
    'stops for a while': async (during: () => Promise<void>) => {
      await signalEngine('SIGSTOP');
      try {
        await Promise.all([delay(STOPPED_FOR_MS), during()]);
      } finally {
        await signalEngine('SIGCONT');
      }
    },
    'is killed and comes again': async (during: () => Promise<void>) => {
      const before = await signalEngine('SIGKILL');
      await during();
      await engineAnswers();
      expect(await engineProcess(sandbox.engines[0])).not.toBe(before);
    },
  } as const;

  test.each([
    ['stops for a while', 'goes on'],
    ['stops for a while', 'is killed'],
    ['is killed and comes again', 'goes on'],
    ['is killed and comes again', 'is killed'],
  ] as const)('%s, and the helper %s: the new version runs, sent once', async (what, who) => {
    const { services } = sandbox.engines[0];
    const name = `${what}-${who}`.replaceAll(' ', '-');
    const repository = `faults/${name}`;
    const image = sandbox.image(repository, 'v1');
    const { digest: from } = await sandbox.pushImage(repository, 'v1', good(`${name} zero`));
    await deploySettled(services, {
      name,
      image: sandbox.image(repository, 'v1', from),
      replicas: REPLICAS,
      monitorMs: MONITOR_MS,
    });
    const { digest: to } = await sandbox.pushImage(repository, 'v1', good(`${name} one`));
    const answer = await stage.helper.postHook({ image, digest: to });
    expect(answer.status).toBe(202);
    await waitUntil(
      async () => {
        const found = (await services.tasks(name)).filter((task) => digestOfTask(task) === to);
        return found.some(({ Status }) => Status.State === 'running') ? true : null;
      },
      { what: 'the first task of the new version runs', withinMs: 60_000, everyMs: 20 },
    );
    const begun = performance.now();
    await faults[what](who === 'is killed' ? restartHelper : async () => {});
    await engineAnswers();

    const [deployment, ...more] = await endedDeployments(stage.helper, name);
    const endedAfterMs = Math.round(performance.now() - begun);
    expect(more).toEqual([]);
    expect(deployment).toMatchObject({ state: 'succeeded', from, to, failure: null });
    const sent = deployment?.steps.filter(({ step }) => step === 'update-sent') ?? [];
    expect(sent).toHaveLength(1);
    await services.converged(name, { digest: to });
    const { Spec } = await services.inspect(name);
    expect(Spec.TaskTemplate.ContainerSpec.Image).toBe(`${image}@${to}`);
    expect(Spec.TaskTemplate.ForceUpdate ?? 0).toBe(0);
    for (const tasks of tasksBySlot(await services.tasks(name))) {
      const ran = tasks.map(digestOfTask);
      // An engine that comes again starts anew what it ran; but never the old version after the new one.
      const changes = ran.filter((digest, index) => digest !== ran[index - 1]);
      expect(changes).toEqual([from, to]);
      if (what === 'stops for a while') expect(ran).toEqual([from, to]);
    }
    process.stderr.write(`engine ${what}, helper ${who}: ended after ${endedAfterMs} ms\n`);
    await services.remove(name);
  });
});
