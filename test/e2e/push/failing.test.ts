import { describe, expect, test } from 'vitest';
import { crashing, good } from '../../../sandbox/image/sample.ts';
import { endedDelivery, endedDeployments } from '../../support/stage/open-stage.ts';
import { useStage } from '../../support/stage/use-stage.ts';

describe('a push of', () => {
  const stage = useStage();

  test('a version that crashes is rolled back, told, and not tried again until another comes', async () => {
    const { helper, services, sandbox } = stage;
    const repository = 'failing/crash';
    const name = 'failing-crash';
    const push = async (sample: Parameters<typeof sandbox.pushImage>[2]) => {
      const { digest } = await sandbox.pushImage(repository, 'v1', sample);
      const image = sandbox.image(repository, 'v1');
      return { digest, answer: await helper.postHook({ image, digest }) };
    };
    const one = await sandbox.pushImage(repository, 'v1', good('failing one'));
    await services.deploy({
      name,
      image: sandbox.image(repository, 'v1', one.digest),
      replicas: 2,
      failureAction: 'rollback',
      monitorMs: 4000,
    });
    const bad = await push(crashing('failing two', { afterMs: 300, code: 7 }));
    const [failed] = await endedDeployments(helper, name);
    expect(failed).toMatchObject({
      state: 'rolled-back',
      reason: 'task-failed',
      from: one.digest,
      to: bad.digest,
      failure: { message: 'task: non-zero exit (7)', exitCode: 7 },
    });
    expect(failed?.failure?.log.join('\n')).toContain('giving up with exit code 7');
    await services.converged(name, { digest: one.digest });
    const rolledBack = await services.versionOf(name);

    const again = await push(crashing('failing two', { afterMs: 300, code: 7 }));
    expect(again.digest).toBe(bad.digest);
    const delivery = await endedDelivery(helper, again.answer);
    expect(delivery.pushes[0]?.results).toMatchObject([
      { outcome: 'nothing-to-do', detail: 'held (known-bad)' },
    ]);
    expect(await services.versionOf(name)).toBe(rolledBack);
    const [view] = await helper.services(`?q=${name}`);
    expect(view).toMatchObject({ verdict: 'held', reason: 'known-bad', running: one.digest });

    const next = await push(good('failing three'));
    const [, succeeded] = await endedDeployments(helper, name, 2);
    expect(succeeded).toMatchObject({ state: 'succeeded', to: next.digest });
    await services.converged(name, { digest: next.digest });
    await services.remove(name);
  });
});
