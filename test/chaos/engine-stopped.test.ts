import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { crashing, good, type Sample } from '../../sandbox/image/sample.ts';
import { waitUntil } from '../../sandbox/machine/wait-until.ts';
import type { DeploymentState } from '../../src/core/contract/views.ts';
import { pidOfEngine } from '../support/stage/engine-process.ts';
import { endedDeployments } from '../support/stage/open-stage.ts';
import { deploySettled, digestOfTask } from '../support/stage/settled-service.ts';
import { useStage } from '../support/stage/use-stage.ts';

/** Short enough that the Swarm, whose only node is stopped too, does not consider it lost. */
const STOPPED_MS = 4_000;

const crashingAtOnce = (version: string): Sample => crashing(version, { afterMs: 100 });

describe('the engine stands still in the middle of a rollout', () => {
  const stage = useStage();

  const killAndStart = async (): Promise<void> => {
    await stage.helper.kill();
    await stage.restart();
  };

  test.each<{
    kind: string;
    sample: (version: string) => Sample;
    state: DeploymentState;
    helper: 'goes on' | 'is killed';
  }>([
    { kind: 'good', sample: good, state: 'succeeded', helper: 'goes on' },
    { kind: 'crashing', sample: crashingAtOnce, state: 'rolled-back', helper: 'goes on' },
    { kind: 'good', sample: good, state: 'succeeded', helper: 'is killed' },
    { kind: 'crashing', sample: crashingAtOnce, state: 'rolled-back', helper: 'is killed' },
  ])(
    'a $kind version ends as it should, and nothing is done twice; the helper $helper',
    async ({ kind, sample, state, helper }) => {
      const restarts = helper === 'is killed';
      const { sandbox, services } = stage;
      const name = `stopped-${kind}${restarts ? '-restarted' : ''}`;
      const repository = `stopped/${name}`;
      const image = sandbox.image(repository, 'v1');
      const { digest: from } = await sandbox.pushImage(repository, 'v1', good(`${name} one`));
      await deploySettled(services, {
        name,
        image: `${image}@${from}`,
        replicas: 2,
        monitorMs: 1_500,
      });
      const { digest: to } = await sandbox.pushImage(repository, 'v1', sample(`${name} two`));
      expect((await stage.helper.postHook({ image, digest: to })).status).toBe(202);
      await waitUntil(
        async () => {
          const [found] = await stage.helper.deployments(`?service=${name}`);
          return found?.state === 'verifying' ? true : null;
        },
        { what: 'the update was sent', withinMs: 30_000, everyMs: 20 },
      );
      const pid = pidOfEngine(sandbox.engines[0].socket);
      process.kill(pid, 'SIGSTOP');
      const restarting = restarts ? killAndStart() : Promise.resolve();
      try {
        // This does not wait for an event: the engine is stopped for exactly this long, however slow a start is.
        await delay(STOPPED_MS);
      } finally {
        process.kill(pid, 'SIGCONT');
        await restarting;
      }
      const runs = state === 'succeeded' ? to : from;
      const found = await endedDeployments(stage.helper, name);
      expect(found).toMatchObject([{ state, from, to }]);
      await services.converged(name, { digest: runs });
      const sent = found[0]?.steps.filter(({ step }) => step === 'update-sent').length;
      expect(sent).toBe(state === 'succeeded' ? 1 : 2);
      if (state === 'succeeded') {
        const digests = (await services.tasks(name)).map(digestOfTask).toSorted();
        expect(digests).toEqual([from, from, to, to].toSorted());
      }
      await services.remove(name);
    },
  );
});
