import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { crashing, good, type Sample } from '../../sandbox/image/sample.ts';
import { waitUntil } from '../../sandbox/machine/wait-until.ts';
import { type AttachedSandbox, attachSandbox } from '../../sandbox/sandbox.ts';
import type { Digest } from '../../src/core/image/digest.ts';
import { digestsBySlot, endedDeployments } from '../support/stage/open-stage.ts';
import { ownSandbox } from '../support/stage/own-sandbox.ts';
import { deploySettled } from '../support/stage/settled-service.ts';
import { type RunningHelper, startHelper } from '../support/program/start-helper.ts';
import { type EngineProxy, startEngineProxy, type UpdateMoment } from './engine-proxy.ts';

describe('the helper is killed', () => {
  let sandbox: AttachedSandbox;
  let folder: string;
  let proxy: EngineProxy;
  let helper: RunningHelper;
  let said: string[];

  beforeAll(() => {
    sandbox = attachSandbox(ownSandbox());
  });
  afterAll(() => sandbox.close());
  beforeEach(async ({ onTestFailed }) => {
    folder = mkdtempSync(join(tmpdir(), 'failpoint-'));
    proxy = await startEngineProxy(sandbox.engines[0].socket, join(folder, 'engine.sock'));
    said = [];
    await start();
    onTestFailed(() => {
      process.stderr.write([...said, helper.output()].join('\n--- restarted\n'));
    });
  });
  afterEach(async () => {
    await helper.kill();
    await proxy.close();
    rmSync(folder, { recursive: true });
  });

  const start = async (): Promise<void> => {
    helper = await startHelper({
      store: join(folder, 'store.db'),
      env: {
        CD_HELPER_ENGINE_URL: proxy.url,
        CD_HELPER_REGISTRY_INSECURE: sandbox.registry.host,
      },
    });
  };

  const kill = async (): Promise<void> => {
    await helper.kill();
    said.push(helper.output());
  };

  const deploy = async (name: string): Promise<Digest> => {
    const { digest } = await sandbox.pushImage(`failpoint/${name}`, 'v1', good(`${name} one`));
    const image = sandbox.image(`failpoint/${name}`, 'v1', digest);
    await deploySettled(sandbox.engines[0].services, {
      name,
      image,
      replicas: 2,
      parallelism: 2,
      monitorMs: 1_000,
    });
    return digest;
  };

  const push = async (
    name: string,
    version: string,
    sample: Sample = good(`${name} ${version}`),
  ): Promise<Digest> => {
    const { digest } = await sandbox.pushImage(`failpoint/${name}`, 'v1', sample);
    const image = sandbox.image(`failpoint/${name}`, 'v1');
    expect((await helper.postHook({ image, digest })).status).toBe(202);
    return digest;
  };

  /** Kills the helper at its next update that contains `text`, once per moment, each time in a new start. */
  const killAt = async (text: string, ...moments: readonly UpdateMoment[]): Promise<void> => {
    for (const [index, moment] of moments.entries()) {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      proxy.setOnUpdate(async (now, body) => {
        if (now !== moment || !body.includes(text)) return 'pass';
        proxy.setOnUpdate(async () => 'drop');
        await kill().then(resolve, reject);
        return 'drop';
      });
      // The first update follows a webhook, the next ones follow the start.
      if (index > 0) await start();
      await promise;
    }
    proxy.setOnUpdate(async () => 'pass');
  };

  const expectOnce = async (name: string, ...digests: readonly Digest[]): Promise<void> => {
    const { services } = sandbox.engines[0];
    await services.converged(name, { digest: digests.at(-1) as Digest });
    const slots = [...digestsBySlot(await services.tasks(name)).values()];
    expect(slots).toEqual([digests, digests]);
    expect((await services.inspect(name)).Spec.TaskTemplate.ForceUpdate ?? 0).toBe(0);
    await services.remove(name);
  };

  test('between the update that was sent and the commit that says so: it is not sent again', async () => {
    const name = 'failpoint-sent';
    const from = await deploy(name);
    const killed = killAt('', 'after');
    const to = await push(name, 'two');
    await killed;
    expect(proxy.accepted()).toBe(1);
    await start();
    const [deployment, ...more] = await endedDeployments(helper, name);
    expect(more).toEqual([]);
    expect(deployment).toMatchObject({ state: 'succeeded', from, to });
    const sent = deployment?.steps.filter(({ step }) => step === 'update-sent');
    expect(sent).toMatchObject([{ detail: { recovered: true } }]);
    expect(proxy.accepted()).toBe(1);
    await expectOnce(name, from, to);
  });

  test('between the intent on disk and the update: it is sent once', async () => {
    const name = 'failpoint-intent';
    const from = await deploy(name);
    const killed = killAt('', 'before', 'before', 'before');
    const to = await push(name, 'two');
    await killed;
    expect(proxy.accepted()).toBe(0);
    await start();
    const found = await endedDeployments(helper, name);
    expect(found).toMatchObject([{ state: 'succeeded', from, to }]);
    expect(proxy.accepted()).toBe(1);
    await expectOnce(name, from, to);
  });

  test('and a newer push comes before it knows what became of the first', async () => {
    const name = 'failpoint-newer';
    const from = await deploy(name);
    const killed = killAt('', 'after');
    const first = await push(name, 'two');
    await killed;
    await sandbox.engines[0].services.converged(name, { digest: first });
    await start();
    const second = await push(name, 'three');
    const found = await endedDeployments(helper, name, 2);
    expect(found.map(({ to }) => to)).toEqual([first, second]);
    expect(found[1]).toMatchObject({ state: 'succeeded', from: first, to: second });
    const end = found[0]?.steps.at(-1);
    const isTold = found[0]?.steps.some(({ step }) => step === 'update-sent') === true;
    expect(end?.step).toMatch(/succeeded|superseded/);
    expect(isTold || end?.detail['mayHaveBeenSent'] === true).toBe(true);
    expect(proxy.accepted()).toBe(2);
    await expectOnce(name, from, first, second);
  });

  test.each(['after', 'before'] as const)(
    '%s the update that takes a bad version back: it is taken back once, and told',
    async (moment) => {
      const name = `failpoint-back-${moment}`;
      const { services } = sandbox.engines[0];
      const from = await deploy(name);
      const killed = killAt(`@${from}`, moment);
      const bad = await push(name, 'two', crashing(`${name} two`, { afterMs: 100, code: 9 }));
      await killed;
      expect(proxy.accepted()).toBe(moment === 'after' ? 2 : 1);
      await start();
      const found = await endedDeployments(helper, name);
      expect(found).toMatchObject([
        {
          state: 'rolled-back',
          reason: 'task-failed',
          from,
          to: bad,
          failure: { message: 'task: non-zero exit (9)', exitCode: 9 },
        },
      ]);
      expect(proxy.accepted()).toBe(2);
      await services.converged(name, { digest: from });
      const [view] = await helper.services(`?q=${name}`);
      expect(view).toMatchObject({ verdict: 'held', reason: 'known-bad' });
      await services.remove(name);
    },
  );

  test('no answer, but no kill either: the update is found and not sent again', async () => {
    const name = 'failpoint-silent';
    const from = await deploy(name);
    let dropped = 0;
    proxy.setOnUpdate(async (moment) => {
      if (moment === 'before' || dropped > 0) return 'pass';
      dropped += 1;
      return 'drop';
    });
    const to = await push(name, 'two');
    const [deployment] = await endedDeployments(helper, name);
    expect(deployment).toMatchObject({ state: 'succeeded', from, to });
    expect(deployment?.steps.map(({ step }) => step)).toContain('no-answer');
    expect({ dropped, accepted: proxy.accepted() }).toEqual({ dropped: 1, accepted: 1 });
    await expectOnce(name, from, to);
  });

  test('by SIGTERM in the midst of a rollout it ends well, and the next start finishes', async () => {
    const name = 'failpoint-stopped';
    const from = await deploy(name);
    const to = await push(name, 'two');
    await waitUntil(
      async () => {
        const [deployment] = await helper.deployments(`?service=${name}`);
        return deployment?.state === 'verifying' ? deployment : null;
      },
      { what: 'the update is followed', withinMs: 20_000, everyMs: 20 },
    );
    expect(await helper.stop()).toBe(0);
    said.push(helper.output());
    await start();
    const found = await endedDeployments(helper, name);
    expect(found).toMatchObject([{ state: 'succeeded', from, to }]);
    expect(proxy.accepted()).toBe(1);
    await expectOnce(name, from, to);
  });
});
