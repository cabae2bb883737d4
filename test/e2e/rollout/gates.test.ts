import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { good } from '../../../sandbox/image/sample.ts';
import { waitUntil } from '../../../sandbox/machine/wait-until.ts';
import type { Digest } from '../../../src/core/image/digest.ts';
import type { ServiceView } from '../../../src/core/contract/views.ts';
import { endedDeployments } from '../../support/stage/open-stage.ts';
import { runCommand } from '../../support/program/run-command.ts';
import { deploySettled } from '../../support/stage/settled-service.ts';
import { useStage } from '../../support/stage/use-stage.ts';

const run = promisify(execFile);

/** Long enough that a helper comes back within half of it on a machine that is busy. */
const AGE_S = 40;

describe('a minimum age on a real Swarm', () => {
  const stage = useStage();

  /** A service with a minimum age that runs its first version, and pushes of others. */
  const play = async (name: string, minAge: string) => {
    const { sandbox, services } = stage;
    const repository = `gates/${name}`;
    const { digest: first } = await sandbox.pushImage(repository, 'v1', good(`${name} start`));
    const image = sandbox.image(repository, 'v1');
    await deploySettled(services, {
      name,
      image: `${image}@${first}`,
      labels: { 'cd-helper.min-age': minAge },
      monitorMs: 1_000,
    });
    const push = async (content: string): Promise<Digest> => {
      const { digest } = await sandbox.pushImage(repository, 'v1', good(`${name} ${content}`));
      expect((await stage.helper.postHook({ image, digest })).status).toBe(202);
      return digest;
    };
    const view = (): Promise<ServiceView> =>
      stage.helper.get<ServiceView>(`/clusters/default/services/${name}`);
    const untilWaiting = (published: Digest): Promise<ServiceView> =>
      waitUntil(
        async () => {
          const one = await view();
          return one.verdict === 'waiting' && one.published === published ? one : null;
        },
        { what: `${name} waits`, withinMs: 20_000, everyMs: 100 },
      );
    return { first, push, view, untilWaiting };
  };

  test('deploys the older of two pushes when it is old enough, and then the newer, also by a helper that was killed', async () => {
    const name = 'moving';
    const { first, push, view, untilWaiting } = await play(name, `${AGE_S}s`);
    const a = await push('a');
    const waits = await untilWaiting(a);
    expect(waits).toMatchObject({ running: first, plan: 'wait', reason: 'min-age' });
    await stage.helper.kill();
    await stage.restart();
    const [gate] = waits.gates;
    const opensAt = Date.parse(gate?.until ?? '');
    await waitUntil(() => Promise.resolve(Date.now() > opensAt - (AGE_S * 1000) / 2 || null), {
      what: 'half of the time is over',
      withinMs: AGE_S * 1000,
      everyMs: 50,
    });
    const b = await push('b');
    await untilWaiting(b);
    const [older] = await endedDeployments(stage.helper, name, 1);
    expect(older).toMatchObject({ from: first, to: a, state: 'succeeded' });
    expect(Date.parse(older?.startedAt ?? '')).toBeGreaterThanOrEqual(opensAt);
    const all = await endedDeployments(stage.helper, name, 2);
    expect(all.map(({ to, state }) => [to, state])).toEqual([
      [a, 'succeeded'],
      [b, 'succeeded'],
    ]);
    expect(new Set(await stage.services.runningDigests(name))).toEqual(new Set([b]));
    expect(await view()).toMatchObject({ verdict: 'current', gates: [] });
  });

  test('leaves out an image that the registry has collected meanwhile, and says so', async () => {
    const name = 'collected';
    const { first, push, untilWaiting } = await play(name, '20s');
    const a = await push('a');
    await untilWaiting(a);
    const b = await push('b');
    await untilWaiting(b);
    const { registry, deleteManifest } = stage.sandbox;
    await deleteManifest(`gates/${name}`, a);
    const config = join(registry.folder, 'config.yml');
    const { stdout } = await run('docker-registry', ['garbage-collect', config]);
    expect(stdout).toContain(`blob eligible for deletion: ${a}`);
    expect(await endedDeployments(stage.helper, name, 1)).toMatchObject([
      { from: first, to: b, state: 'succeeded' },
    ]);
    expect(stage.helper.log).toContainEqual(
      expect.objectContaining({ msg: 'an image that should be deployed is gone', digest: a }),
    );
    expect(await stage.helper.deployments(`?service=${name}`)).toHaveLength(1);
  });

  test('is passed by an operator with a reason alone', async () => {
    const name = 'urgent';
    const { push, untilWaiting } = await play(name, '72h');
    const a = await push('a');
    await untilWaiting(a);
    const asked = ['wait', '--image', stage.sandbox.image(`gates/${name}`, 'v1'), '--digest', a];
    const waits = await runCommand(stage.helper, ...asked, '--json');
    expect(JSON.parse(waits.stdout)).toMatchObject({
      state: 'waiting',
      services: [{ service: name, state: 'waiting', reason: 'min-age' }],
      gates: [{ service: name, gate: 'min-age' }],
    });
    expect(waits.code).toBe(4);
    const refused = await runCommand(stage.helper, 'redeploy', name, '--force');
    expect(refused).toMatchObject({ code: 1 });
    expect(refused.stderr).toContain('the image must be 3d old');
    const wrong = await runCommand(stage.helper, 'redeploy', name, '--skip-gates');
    expect(wrong).toMatchObject({ code: 2 });
    const shown = await runCommand(stage.helper, 'policies', name);
    expect(shown.stdout).toMatch(/label\s+3d/);
    const passed = await runCommand(
      stage.helper,
      'redeploy',
      name,
      '--skip-gates',
      '--reason',
      'a security fix',
      '--wait',
    );
    expect(passed).toMatchObject({ code: 0 });
    expect(new Set(await stage.services.runningDigests(name))).toEqual(new Set([a]));
    expect(await runCommand(stage.helper, ...asked)).toMatchObject({ code: 0 });
  });
});
