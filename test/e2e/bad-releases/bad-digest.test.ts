import { describe, expect, test } from 'vitest';
import { crashing, good, type Sample } from '../../../sandbox/image/sample.ts';
import { waitUntil } from '../../../sandbox/machine/wait-until.ts';
import type { Digest } from '../../../src/core/image/digest.ts';
import type { DeploymentView, FreezeView } from '../../../src/core/contract/views.ts';
import type { RunView } from '../../../src/core/contract/run-views.ts';
import { endedDelivery, endedDeployments } from '../../support/stage/open-stage.ts';
import { runCommand } from '../../support/program/run-command.ts';
import { deploySettled, digestOfTask, tasksBySlot } from '../../support/stage/settled-service.ts';
import { useStage } from '../../support/stage/use-stage.ts';

const TIMES = 5;
const MONITOR_MS = 1_500;

describe('a digest that failed, and one that a person went back from', () => {
  const stage = useStage();

  const play = async (name: string) => {
    const { services, sandbox } = stage;
    const repository = `bad-digest/${name}`;
    const image = sandbox.image(repository, 'v1');
    const zero = await sandbox.pushImage(repository, 'v1', good(`${name} zero`));
    await deploySettled(services, {
      name,
      image: sandbox.image(repository, 'v1', zero.digest),
      replicas: 2,
      monitorMs: MONITOR_MS,
    });
    const push = async (sample: Sample): Promise<Digest> => {
      const { digest } = await sandbox.pushImage(repository, 'v1', sample);
      const answer = await stage.helper.postHook({ image, digest });
      expect(answer.status).toBe(202);
      return digest;
    };
    const deployments = (count: number) => endedDeployments(stage.helper, name, count);
    const view = async () => (await stage.helper.services(`?q=${name}`))[0];
    /** How often tasks were started with the digest. */
    const started = async (digest: Digest): Promise<number> =>
      (await services.tasks(name)).filter((task) => digestOfTask(task) === digest).length;
    return {
      name,
      services,
      repository,
      image,
      from: zero.digest,
      push,
      deployments,
      view,
      started,
    };
  };

  const smartRedeploy = async (name: string): Promise<RunView> => {
    const started = await stage.helper.post('/smart-redeploy', { services: [name] });
    const { id } = (await started.json()) as RunView;
    return waitUntil(
      async () => {
        const run = await stage.helper.get<RunView>(`/runs/${id}`);
        return run.endedAt === null ? null : run;
      },
      { what: `run ${id} has ended`, withinMs: 60_000, everyMs: 50 },
    );
  };

  // Four rollouts and seven checks, one after another.
  test('pushed and redeployed five times over, and after a restart: tried once; then a good one, and back', {
    timeout: 360_000,
  }, async () => {
    const { name, services, repository, image, from, push, deployments, view, started } =
      await play('bad-digest');
    const bad = crashing(`${name} one`, { afterMs: 100, code: 9 });
    const to = await push(bad);
    const [failed] = await deployments(1);
    expect(failed).toMatchObject({ state: 'rolled-back', reason: 'task-failed', from, to });
    await services.converged(name, { digest: from });
    const version = await services.versionOf(name);
    const starts = await started(to);

    const tryAgain = async (): Promise<void> => {
      await stage.sandbox.pushImage(repository, 'v1', bad);
      const answer = await stage.helper.postHook({ image, digest: to });
      const delivery = await endedDelivery(stage.helper, answer);
      expect(delivery.pushes[0]?.results).toMatchObject([
        { outcome: 'nothing-to-do', detail: 'held (known-bad)' },
      ]);
      const run = await smartRedeploy(name);
      expect(run.services).toMatchObject([{ name, verdict: 'held', reason: 'known-bad' }]);
    };
    for (let time = 2; time <= TIMES; time += 1) await tryAgain();
    expect(await stage.helper.stop()).toBe(0);
    await stage.restart();
    await tryAgain();
    await stage.helper.kill();
    await stage.restart();
    await tryAgain();

    expect(await deployments(1)).toHaveLength(1);
    expect(await services.versionOf(name)).toBe(version);
    expect(await started(to)).toBe(starts);

    const better = await push(good(`${name} two`));
    const [, second] = await deployments(2);
    expect(second).toMatchObject({ state: 'succeeded', from, to: better });
    await services.converged(name, { digest: better });

    const command = await runCommand(stage.helper, 'rollback', name, '--wait');
    expect(command).toMatchObject({ code: 0, stderr: '' });
    const [, , back, ...more] = await deployments(3);
    expect(more).toEqual([]);
    expect(back).toMatchObject({
      state: 'succeeded',
      from: better,
      to: from,
      cause: 'taken-back',
      triggers: [{ kind: 'person' }],
    });
    await services.converged(name, { digest: from });

    // What somebody went back from is not deployed by the next hook, nor by SmartRedeploy.
    const after = await services.versionOf(name);
    const again = await endedDelivery(
      stage.helper,
      await stage.helper.postHook({ image, digest: better }),
    );
    expect(again.pushes[0]?.results).toMatchObject([
      { outcome: 'nothing-to-do', detail: 'held (left-by-person)' },
    ]);
    const run = await smartRedeploy(name);
    expect(run.services).toMatchObject([{ name, verdict: 'held', reason: 'left-by-person' }]);
    expect(await services.versionOf(name)).toBe(after);

    const released = await runCommand(stage.helper, 'release', name);
    expect(released).toMatchObject({ code: 0, stderr: '' });
    expect(await view()).toMatchObject({ verdict: 'obsolete', running: from, published: better });
    await stage.helper.postHook({ image, digest: better });
    const [, , , last] = await deployments(4);
    expect(last).toMatchObject({ state: 'succeeded', from, to: better });
    await services.converged(name, { digest: better });
    for (const tasks of tasksBySlot(await services.tasks(name))) {
      const ran = tasks.map(digestOfTask).filter((digest) => digest !== to);
      expect([
        [from, better, from, better],
        [from, from, better, from, better],
      ]).toContainEqual(ran);
    }
    await services.remove(name);
  });

  test('a freeze keeps what is pushed, and after the thaw the newest alone is carried out', async () => {
    const { name, services, from, push, deployments, view, started } = await play('frozen-push');
    const command = await runCommand(
      stage.helper,
      'freeze',
      '--service',
      name,
      '--reason',
      'the audit',
      '--json',
    );
    expect(command).toMatchObject({ code: 0, stderr: '' });
    const { id } = JSON.parse(command.stdout) as FreezeView;
    const version = await services.versionOf(name);
    const passed = [await push(good(`${name} one`)), await push(good(`${name} two`))];
    const newest = await push(good(`${name} three`));
    await waitUntil(
      async () => {
        const all = (await stage.helper.deliveries()).flatMap(({ pushes }) => pushes);
        const [latest] = all.filter(({ image }) => image.includes(name));
        return latest?.results[0]?.outcome === 'frozen' ? true : null;
      },
      { what: 'the newest push waits for the thaw', withinMs: 30_000, everyMs: 50 },
    );
    expect(await view()).toMatchObject({ verdict: 'held', reason: 'frozen', running: from });

    expect(await stage.helper.stop()).toBe(0);
    await stage.restart();
    expect(await smartRedeploy(name)).toMatchObject({ services: [{ verdict: 'held' }] });
    expect(await stage.helper.deployments(`?service=${name}`)).toEqual([]);
    expect(await services.versionOf(name)).toBe(version);

    const thawed = await runCommand(stage.helper, 'thaw', id);
    expect(thawed).toMatchObject({ code: 0, stderr: '' });
    const [only, ...more]: readonly DeploymentView[] = await deployments(1);
    expect(more).toEqual([]);
    expect(only).toMatchObject({ state: 'succeeded', from, to: newest });
    await services.converged(name, { digest: newest });
    expect(await Promise.all(passed.map(started))).toEqual([0, 0]);
    await services.remove(name);
  });
});
