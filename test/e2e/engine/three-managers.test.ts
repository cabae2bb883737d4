import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { engineProcess, killHostOf } from '../../../sandbox/engine/engine-process.ts';
import { good } from '../../../sandbox/image/sample.ts';
import { waitUntil } from '../../../sandbox/machine/wait-until.ts';
import type { Digest } from '../../../src/core/image/digest.ts';
import { endedDelivery, endedDeployments } from '../../support/stage/open-stage.ts';
import { type RunningHelper, startHelper } from '../../support/program/start-helper.ts';
import { nodesOf, startThreeManagers } from '../../support/stage/three-managers.ts';

const SERVICES = ['managed-a', 'managed-b'];
const PUSHES = 12;
/** The leader ends after so many of the pushes, so that some come before, without and after a leader. */
const KILLED_AFTER = 3;
const BETWEEN_PUSHES_MS = 2_000;
const ELECTED_WITHIN_MS = 60_000;

describe('a Swarm of three managers', () => {
  let sandbox: Awaited<ReturnType<typeof startThreeManagers>>;
  let helper: RunningHelper;
  const folder = mkdtempSync(join(tmpdir(), 'three-managers-'));
  beforeAll(async () => {
    sandbox = await startThreeManagers();
    // The registry is at the first engine's end of the network, so the third is the one that ends.
    const [first] = sandbox.managers;
    helper = await startHelper({
      store: join(folder, 'store.db'),
      env: {
        CD_HELPER_ENGINE_URL: first.url,
        CD_HELPER_REGISTRY_INSECURE: sandbox.registry.host,
      },
    });
  });
  afterAll(async () => {
    await helper?.stop();
    await sandbox?.stop();
    rmSync(folder, { recursive: true });
  });

  test('loses its leader during a stream of pushes: each ends right', async ({ onTestFailed }) => {
    onTestFailed(() => {
      process.stderr.write(helper.output());
    });
    const [first, , third] = sandbox.managers;
    const { services } = first;
    const image = (name: string, digest?: Digest): string =>
      sandbox.image(`managed/${name}`, 'v1', digest);
    const newest = new Map<string, Digest>();
    for (const name of SERVICES) {
      const { digest } = await sandbox.pushImage(`managed/${name}`, 'v1', good(`${name} zero`));
      newest.set(name, digest);
      await services.create({
        name,
        image: image(name, digest),
        replicas: 2,
        parallelism: 2,
        monitorMs: 500,
        constraints: ['node.hostname!=engine-3'],
      });
    }
    // Containers on the other manager are not seen from this one, so tasks tell what runs.
    const runs = (name: string, digest: Digest): Promise<true> =>
      waitUntil(
        async () => {
          const tasks = await services.tasks(name);
          const running = tasks.filter(
            ({ Status, DesiredState }) => Status.State === 'running' && DesiredState === 'running',
          );
          const isRight = running.every(({ Spec }) => Spec.ContainerSpec.Image.endsWith(digest));
          return running.length === 2 && isRight ? true : null;
        },
        { what: `${name} runs ${digest}`, withinMs: 60_000 },
      );
    for (const [name, digest] of newest) await runs(name, digest);
    const leaderBefore = (await nodesOf(first)).find((one) => one.ManagerStatus?.Leader)?.ID;

    const ended: Promise<number>[] = [];
    let electedAfterMs = 0;
    const election = async (): Promise<void> => {
      const begun = performance.now();
      await killHostOf(await engineProcess(third));
      await waitUntil(
        async () => {
          const leader = (await nodesOf(first)).find((one) => one.ManagerStatus?.Leader);
          return leader === undefined || leader.ID === leaderBefore ? null : true;
        },
        { what: 'another leader is elected', withinMs: ELECTED_WITHIN_MS },
      );
      electedAfterMs = Math.round(performance.now() - begun);
    };
    let elected: Promise<void> | undefined;
    for (let push = 0; push < PUSHES; push += 1) {
      if (push === KILLED_AFTER) elected = election();
      const name = SERVICES[push % SERVICES.length] ?? '';
      const sample = good(`${name} ${push + 1}`);
      const { digest } = await sandbox.pushImage(`managed/${name}`, 'v1', sample);
      newest.set(name, digest);
      const begun = performance.now();
      const answer = await helper.postHook({ image: image(name), digest });
      expect(answer.status).toBe(202);
      ended.push(endedDelivery(helper, answer).then(() => performance.now() - begun));
      await delay(BETWEEN_PUSHES_MS);
    }
    await elected;
    const longestPushMs = Math.round(Math.max(...(await Promise.all(ended))));

    let longestMs = 0;
    const states: string[] = [];
    for (const name of SERVICES) {
      const deployments = await endedDeployments(helper, name);
      for (const { state, queuedAt, endedAt, steps } of deployments) {
        longestMs = Math.max(longestMs, Date.parse(endedAt ?? '') - Date.parse(queuedAt));
        expect(['succeeded', 'superseded']).toContain(state);
        expect(steps.filter(({ step }) => step === 'update-sent').length).toBeLessThan(2);
        states.push(state);
      }
      expect(deployments.at(-1)).toMatchObject({ state: 'succeeded', to: newest.get(name) });
      const targets = deployments.map(({ to }) => to);
      expect(new Set(targets).size).toBe(targets.length);
    }
    for (const [name, digest] of newest) {
      await runs(name, digest);
      const { Spec } = await services.inspect(name);
      expect(Spec.TaskTemplate.ContainerSpec.Image).toBe(image(name, digest));
      expect(Spec.TaskTemplate.ForceUpdate ?? 0).toBe(0);
    }
    const succeeded = states.filter((state) => state === 'succeeded').length;
    process.stderr.write(
      `three managers: a leader again after ${electedAfterMs} ms; ${PUSHES} pushes, ${states.length} deployments (${succeeded} succeeded, the others superseded), the longest ${longestMs} ms, the longest from a hook to the end of its push ${longestPushMs} ms\n`,
    );
  });
});
