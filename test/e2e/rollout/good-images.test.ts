import { describe, expect, test } from 'vitest';
import { crashing, good, type Sample } from '../../../sandbox/image/sample.ts';
import { waitUntil } from '../../../sandbox/machine/wait-until.ts';
import type { Digest } from '../../../src/core/image/digest.ts';
import { endedDeployments, untilGood } from '../../support/stage/open-stage.ts';
import { runCommand } from '../../support/program/run-command.ts';
import { deploySettled } from '../../support/stage/settled-service.ts';
import { useStage } from '../../support/stage/use-stage.ts';

const MONITOR_MS = 2_000;
/** After its monitor period, and before an image can count as good. */
const DIES_LATER_MS = MONITOR_MS + 12_000;

describe.concurrent('the last good image', () => {
  const stage = useStage();

  /** A service that has run its first version for long enough to go back to it, and pushes of it. */
  const play = async (name: string) => {
    const { sandbox, services, helper } = stage;
    const repository = `good/${name}`;
    const { digest: first } = await sandbox.pushImage(repository, 'v1', good(`${name} one`));
    const image = sandbox.image(repository, 'v1');
    await deploySettled(services, {
      name,
      image: `${image}@${first}`,
      failureAction: 'pause',
      monitorMs: MONITOR_MS,
    });
    let pushes = 0;
    const push = async (sample: Sample) => {
      const { digest } = await sandbox.pushImage(repository, 'v1', sample);
      expect((await helper.postHook({ image, digest })).status).toBe(202);
      pushes += 1;
      const deployment = (await endedDeployments(helper, name, pushes)).at(-1);
      if (deployment === undefined) throw new Error('it was not deployed');
      return { digest, deployment };
    };
    const rollBack = (...argv: readonly string[]) => {
      pushes += 1;
      return runCommand(helper, 'rollback', name, '--wait', ...argv);
    };
    return { name, first, push, rollBack };
  };
  const short = (digest: Digest): string => digest.slice('sha256:'.length).slice(0, 12);

  test('is not one that dies 12 s after its monitor period: a bad push goes back to the one before, and says so', async () => {
    const { services } = stage;
    const { name, first, push } = await play('dies-later');
    const loop = await push(crashing('dies later', { afterMs: DIES_LATER_MS }));
    expect(loop.deployment).toMatchObject({ state: 'succeeded', to: loop.digest });
    await waitUntil(
      async () =>
        (await services.tasks(name)).some(({ Status }) => Status.State === 'failed') || null,
      { what: 'it has died', withinMs: 60_000, everyMs: 200 },
    );
    const bad = await push(crashing('bad', { afterMs: 200 }));
    expect(bad.deployment).toMatchObject({ state: 'rolled-back', from: loop.digest });
    const note = `${short(loop.digest)} had failed tasks shortly before`;
    expect(bad.deployment.steps.at(-1)?.detail).toMatchObject({ takenBackTo: first, note });
    await services.converged(name, { digest: first });
    await services.remove(name);
  });

  test('is the newest that has run for long enough, and rolling back twice never comes to a bad one', async () => {
    const { services, helper } = stage;
    const { name, first, push, rollBack } = await play('twice');
    const second = await push(good('two'));
    expect(second.deployment).toMatchObject({ state: 'succeeded' });
    await untilGood(helper, name, second.digest);
    const bad = await push(crashing('bad', { afterMs: 200 }));
    expect(bad.deployment).toMatchObject({ state: 'rolled-back', to: bad.digest });
    await services.converged(name, { digest: second.digest });

    expect(await rollBack()).toMatchObject({ code: 0, stderr: '' });
    await services.converged(name, { digest: first });
    const refused = await rollBack();
    expect(refused.code).not.toBe(0);
    expect(refused.stderr).toContain(`no good image of ${name} is known before the present one`);
    expect(refused.stderr).toContain(`${short(bad.digest)} (known-bad)`);
    expect(await rollBack('--to', short(bad.digest))).toMatchObject({
      stderr: expect.stringContaining('is held') as string,
    });
    await services.converged(name, { digest: first });
    await services.remove(name);
  });
});
