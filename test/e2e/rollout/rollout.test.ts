import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { crashing, good, type Sample, unhealthy } from '../../../sandbox/image/sample.ts';
import { waitUntil } from '../../../sandbox/machine/wait-until.ts';
import type { ServiceRequest } from '../../../sandbox/swarm/service-spec.ts';
import type { Digest } from '../../../src/core/image/digest.ts';
import type { DeploymentView } from '../../../src/core/contract/views.ts';
import { type EngineProxy, startEngineProxy } from '../../chaos/engine-proxy.ts';
import { endedDeployments, openStage, type Stage } from '../../support/stage/open-stage.ts';
import { ownSandbox } from '../../support/stage/own-sandbox.ts';
import { deploySettled, digestOfTask, tasksBySlot } from '../../support/stage/settled-service.ts';

const ACTIONS = ['pause', 'continue', 'rollback'] as const;
const MONITOR_MS = 1_500;

type Shape = Partial<ServiceRequest> & { readonly kind: string };
const SHAPES: readonly Shape[] = [
  { kind: 'none', replicas: 0 },
  { kind: 'one', replicas: 1 },
  { kind: 'five', replicas: 5, parallelism: 2 },
  { kind: 'global', mode: 'global' },
  { kind: 'start-first', replicas: 1, order: 'start-first' },
];

let stage: Stage;
let proxy: EngineProxy;
beforeAll(async () => {
  const addresses = ownSandbox();
  const [engine] = addresses.engines;
  proxy = await startEngineProxy(engine.socket, join(engine.folder, 'rollout.sock'));
  stage = await openStage(addresses, { env: { CD_HELPER_ENGINE_URL: proxy.url } });
});
afterAll(async () => {
  await stage.close();
  await proxy.close();
});

type Play = {
  readonly name: string;
  readonly from: Digest;
  readonly push: (sample: Sample) => Promise<Digest>;
};

const deploy = async (name: string, request: Partial<ServiceRequest>): Promise<Play> => {
  const { sandbox, services, helper } = stage;
  const repository = `rollout/${name}`;
  const { digest: from } = await sandbox.pushImage(repository, 'v1', good(`${name} zero`));
  await deploySettled(services, {
    name,
    monitorMs: MONITOR_MS,
    ...request,
    image: sandbox.image(repository, 'v1', from),
  });
  const push = async (sample: Sample): Promise<Digest> => {
    const { digest } = await sandbox.pushImage(repository, 'v1', sample);
    const answer = await helper.postHook({ image: sandbox.image(repository, 'v1'), digest });
    expect(answer.status).toBe(202);
    return digest;
  };
  return { name, from, push };
};

const stepsOf = (deployment: DeploymentView | undefined, step: string): number =>
  (deployment?.steps ?? []).filter((one) => one.step === step).length;

/** Of each place, by the engine. */
const TASKS_KEPT = 5;

/** What ran before the update runs again in every place, and no place that it never reached was touched. */
const expectBack = async (name: string, from: Digest): Promise<void> => {
  const { services } = stage;
  await services.converged(name, { digest: from });
  for (const tasks of tasksBySlot(await services.tasks(name))) {
    const digests = tasks.map(digestOfTask);
    const isTouched = digests.some((digest) => digest !== from);
    expect(digests.at(-1)).toBe(from);
    // The engine keeps five tasks of a place: where one crashed often enough, the first is forgotten.
    const isForgotten = digests[0] !== from;
    if (isForgotten) expect(digests.length).toBeGreaterThanOrEqual(TASKS_KEPT);
    // Once before the update, and once after it where it had come.
    const isThereTwice = isTouched && !isForgotten;
    expect(digests.filter((digest) => digest === from).length).toBe(isThereTwice ? 2 : 1);
  }
};

/**
 * The same with start-first. There the engine races with itself: where it restarts a failed task just
 * as the next update comes, the new spec is started more than once in one place, and all go on running until the next update.
 */
const expectBackStartFirst = async (name: string, from: Digest): Promise<void> => {
  await waitUntil(
    async () => {
      const digests = await stage.services.runningDigests(name);
      return digests.length > 0 && digests.every((digest) => digest === from) ? true : null;
    },
    { what: `${name} runs what was proven, and nothing else`, withinMs: 60_000 },
  );
};

const expectTold = (deployment: DeploymentView | undefined): void => {
  const line = stage.helper.log.find(
    (entry) =>
      entry['deployment'] === deployment?.id && entry.msg === `deployment ${deployment?.state}`,
  );
  expect(line).toMatchObject({ service: deployment?.service.name });
};

describe.concurrent('a rollout on a real engine', () => {
  describe.each(ACTIONS)('with failure action %s', (failureAction) => {
    const nameOf = (what: string): string => `rollout-${what}-${failureAction}`;
    const request = { replicas: 2, failureAction } as const;

    test('of a version that crashes after it was watched has succeeded', async ({
      onTestFailed,
    }) => {
      const name = nameOf('late-crash');
      onTestFailed(() => stage.tell(name));
      const { push, from } = await deploy(name, { ...request, replicas: 1 });
      const to = await push(crashing(`${name} one`, { afterMs: 9_000 }));
      const [deployment] = await endedDeployments(stage.helper, name);
      expect(deployment).toMatchObject({ state: 'succeeded', from, to, failure: null });
      await stage.services.remove(name);
    });

    test('of a version whose health check fails is taken back', async ({ onTestFailed }) => {
      const name = nameOf('unhealthy');
      onTestFailed(() => stage.tell(name));
      const { push, from } = await deploy(name, { ...request, monitorMs: 5_000 });
      const to = await push(unhealthy(`${name} one`));
      const [deployment] = await endedDeployments(stage.helper, name);
      expect(deployment).toMatchObject({
        state: 'rolled-back',
        reason: 'unhealthy',
        from,
        to,
        failure: { message: expect.stringContaining('unhealthy container') as string },
      });
      expectTold(deployment);
      await expectBack(name, from);
      await stage.services.remove(name);
    });

    test('of an image that is gone before it can be pulled is taken back', async ({
      onTestFailed,
    }) => {
      const name = nameOf('gone');
      onTestFailed(() => stage.tell(name));
      const { push, from } = await deploy(name, request);
      const { digest: gone } = await stage.sandbox.uploadImage(
        `rollout/${name}`,
        good(`${name} one`),
      );
      proxy.onUpdateOf(`${name}:v1@${gone}`, async () => {
        await stage.sandbox.deleteManifest(`rollout/${name}`, gone);
      });
      const to = await push(good(`${name} one`));
      expect(to).toBe(gone);
      const ended = await waitUntil(
        async () => {
          const first = (await stage.helper.deployments(`?service=${name}`)).at(-1);
          return first?.endedAt === null ? null : (first ?? null);
        },
        { what: 'the first attempt has ended', withinMs: 90_000 },
      );
      expect(ended).toMatchObject({
        state: 'rolled-back',
        reason: 'image-unavailable',
        failure: { message: expect.stringContaining('No such image') as string },
      });
      expectTold(ended);
      await expectBack(name, from);
      // It is no fault of the digest: it is tried again, and not held.
      const [retry] = await stage.helper.deployments(`?service=${name}`);
      expect(retry).toMatchObject({ to, state: 'queued' });
      await stage.services.remove(name);
    });

    test('that is superseded by one that crashes ends at what was proven', async ({
      onTestFailed,
    }) => {
      const name = nameOf('superseded');
      onTestFailed(() => stage.tell(name));
      const { push, from } = await deploy(name, request);
      const first = await push(good(`${name} one`));
      await waitUntil(
        async () => {
          const [found] = await stage.helper.deployments(`?service=${name}`);
          return found?.state === 'verifying' ? true : null;
        },
        { what: 'the first update was sent', withinMs: 30_000, everyMs: 20 },
      );
      const second = await push(crashing(`${name} two`, { afterMs: 100 }));
      const [one, two, ...more] = await endedDeployments(stage.helper, name, 2);
      expect(more).toEqual([]);
      expect(one).toMatchObject({ state: 'superseded', from, to: first });
      expect(two).toMatchObject({ state: 'rolled-back', to: second, reason: 'task-failed' });
      await stage.services.converged(name, { digest: from });
      await stage.services.remove(name);
    });

    describe.each(SHAPES)('of a service of shape $kind', ({ kind, ...shape }) => {
      test('takes what is good', async ({ onTestFailed }) => {
        const name = nameOf(`good-${kind}`);
        onTestFailed(() => stage.tell(name));
        const { push, from } = await deploy(name, { ...shape, failureAction });
        const to = await push(good(`${name} one`));
        const [deployment, ...more] = await endedDeployments(stage.helper, name);
        expect(more).toEqual([]);
        expect(deployment).toMatchObject({ state: 'succeeded', from, to, failure: null });
        expectTold(deployment);
        await stage.services.converged(name, { digest: to });
        const slots = tasksBySlot(await stage.services.tasks(name));
        for (const tasks of slots) expect(tasks.map(digestOfTask)).toEqual([from, to]);
        expect(stepsOf(deployment, 'update-sent')).toBe(1);
        await stage.services.remove(name);
      });

      test.skipIf(kind === 'none')('takes back what crashes at once', async ({ onTestFailed }) => {
        const name = nameOf(`crash-${kind}`);
        onTestFailed(() => stage.tell(name));
        // Long enough for an engine on a busy machine to see the crash within it, and take it back itself.
        const monitorMs = 5_000;
        const { push, from } = await deploy(name, { ...shape, failureAction, monitorMs });
        const to = await push(crashing(`${name} one`, { afterMs: 100, code: 5 }));
        const [deployment, ...more] = await endedDeployments(stage.helper, name);
        expect(more).toEqual([]);
        expect(deployment).toMatchObject({
          state: 'rolled-back',
          reason: 'task-failed',
          from,
          to,
          failure: { message: 'task: non-zero exit (5)', exitCode: 5, nodeName: 'engine-1' },
        });
        expect(deployment?.failure?.log.join('\n')).toContain('giving up with exit code 5');
        expectTold(deployment);
        // The engine takes it back where that is its failure action, and we where it is not.
        const isOurs = failureAction !== 'rollback';
        expect(stepsOf(deployment, 'taking-back')).toBe(isOurs ? 1 : 0);
        expect(stepsOf(deployment, 'update-sent')).toBe(isOurs ? 2 : 1);
        if (shape.order === 'start-first') await expectBackStartFirst(name, from);
        else await expectBack(name, from);
        const [view] = await stage.helper.services(`?q=${name}`);
        expect(view).toMatchObject({ verdict: 'held', reason: 'known-bad', running: from });
        await stage.services.remove(name);
      });
    });
  });
});
