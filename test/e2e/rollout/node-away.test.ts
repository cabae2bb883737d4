import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { engineProcess } from '../../../sandbox/engine/engine-process.ts';
import { crashing, good } from '../../../sandbox/image/sample.ts';
import { waitUntil } from '../../../sandbox/machine/wait-until.ts';
import { type Sandbox, startSandbox } from '../../../sandbox/sandbox.ts';
import type { Engine } from '../../../sandbox/swarm/engine.ts';
import { joinSwarm } from '../../../sandbox/swarm/join-swarm.ts';
import type { Digest } from '../../../src/core/image/digest.ts';
import type { DeploymentView } from '../../../src/core/contract/views.ts';
import { endedDeployments } from '../../support/stage/open-stage.ts';
import { digestOfTask } from '../../support/stage/settled-service.ts';
import { type RunningHelper, startHelper } from '../../support/program/start-helper.ts';

type Node = {
  readonly ID: string;
  readonly Version: { readonly Index: number };
  readonly Spec: { readonly Availability: string };
  readonly Status: { readonly State: string };
  readonly Description: { readonly Hostname: string };
  readonly ManagerStatus?: { readonly Reachability: string };
};

/** Long enough that the new tasks are still watched when their node goes away. */
const MONITOR_MS = 5_000;
/** Longer than the managers wait for a node before they call it down. */
const STOPPED_MS = 22_000;

describe('a node that goes away in the middle of a rollout', () => {
  let sandbox: Sandbox;
  let helper: RunningHelper;
  const folder = mkdtempSync(join(tmpdir(), 'node-away-'));
  const engineAt = (index: number): Engine => {
    const engine = sandbox.engines[index];
    if (engine === undefined) throw new Error(`no engine ${index}`);
    return engine;
  };

  const nodes = async (): Promise<readonly Node[]> =>
    await engineAt(0).api.call<readonly Node[]>('GET', '/nodes');
  const victim = async (): Promise<Node> => {
    const found = (await nodes()).find(({ Description }) => Description.Hostname === 'engine-3');
    if (found === undefined) throw new Error('no third node');
    return found;
  };
  const setAvailability = async (Availability: string): Promise<void> => {
    const { ID, Version, Spec } = await victim();
    const path = `/nodes/${ID}/update?version=${Version.Index}`;
    await engineAt(0).api.call('POST', path, { body: { ...Spec, Availability } });
  };
  const isReady = async (): Promise<true> =>
    waitUntil(
      async () => {
        const all = await nodes();
        const reach = all.filter(
          ({ ManagerStatus }) => ManagerStatus?.Reachability === 'reachable',
        );
        const ready = all.filter(({ Status }) => Status.State === 'ready');
        return reach.length === 3 && ready.length === 3 ? true : null;
      },
      { what: 'three managers are there', withinMs: 60_000 },
    );

  beforeAll(async () => {
    sandbox = await startSandbox({ engines: 3 });
    await joinSwarm(engineAt(1), engineAt(0), 'manager');
    await joinSwarm(engineAt(2), engineAt(0), 'manager');
    await isReady();
    helper = await startHelper({
      store: join(folder, 'store.db'),
      env: {
        CD_HELPER_ENGINE_URL: engineAt(0).url,
        CD_HELPER_REGISTRY_INSECURE: sandbox.registry.host,
      },
    });
  });
  afterAll(async () => {
    await helper?.stop();
    await sandbox?.stop();
    rmSync(folder, { recursive: true });
  });

  const newTaskRuns = (name: string, digest: Digest): Promise<true> =>
    waitUntil(
      async () => {
        const { ID } = await victim();
        const tasks = await engineAt(0).services.tasks(name);
        const isThere = tasks.some(
          (task) =>
            task.NodeID === ID && digestOfTask(task) === digest && task.Status.State === 'running',
        );
        return isThere ? true : null;
      },
      { what: `a new task of ${name} runs on the third node`, withinMs: 60_000, everyMs: 50 },
    );

  const stopAndContinue = async (): Promise<void> => {
    const pid = await engineProcess(engineAt(2));
    process.kill(pid, 'SIGSTOP');
    try {
      // Not to wait for something: this is how long the engine stands still.
      await delay(STOPPED_MS);
    } finally {
      process.kill(pid, 'SIGCONT');
    }
  };

  test.each<{
    readonly what: string;
    readonly goAway: () => Promise<void>;
    readonly comeBack: () => Promise<void>;
  }>([
    {
      what: 'drained',
      goAway: () => setAvailability('drain'),
      comeBack: () => setAvailability('active'),
    },
    {
      what: 'ended',
      goAway: async () => {
        process.kill(await engineProcess(engineAt(2)), 'SIGKILL');
      },
      comeBack: async () => {},
    },
    { what: 'stopped', goAway: stopAndContinue, comeBack: async () => {} },
  ])('$what: no digest is held, and the good one arrives', async ({ what, goAway, comeBack }) => {
    const { services } = engineAt(0);
    const name = `away-${what}`;
    const image = sandbox.image(`away/${what}`, 'v1');
    const { digest: from } = await sandbox.pushImage(`away/${what}`, 'v1', good(`${what} one`));
    await services.create({
      name,
      image: `${image}@${from}`,
      replicas: 3,
      monitorMs: MONITOR_MS,
      failureAction: 'rollback',
    });
    await waitUntil(
      async () => {
        const running = (await services.tasks(name)).filter(
          ({ Status }) => Status.State === 'running',
        );
        return running.length === 3 ? true : null;
      },
      { what: `${name} runs`, withinMs: 60_000 },
    );
    const { digest: to } = await sandbox.pushImage(`away/${what}`, 'v1', good(`${what} two`));
    const hook = async (): Promise<void> => {
      expect((await helper.postHook({ image, digest: to })).status).toBe(202);
    };
    await hook();
    await newTaskRuns(name, to);
    await goAway();
    const first = await waitUntil<DeploymentView>(
      async () =>
        (await helper.deployments(`?service=${name}`)).find(({ endedAt }) => endedAt !== null) ??
        null,
      { what: 'the first deployment has ended', withinMs: 150_000, everyMs: 100 },
    );
    process.stderr.write(`${what}: ${first.state}, ${first.reason}, ${first.failure?.message}\n`);
    expect(['task-failed', 'unhealthy']).not.toContain(first.reason);
    expect((await helper.services(`?q=${name}`))[0]?.verdict).not.toBe('held');
    await comeBack();
    await isReady();
    // Somebody pushes again, so that nobody waits for the retry.
    await hook();
    const all = await endedDeployments(helper, name);
    expect(all.at(-1)).toMatchObject({ state: 'succeeded', to });
    expect(all.length).toBeLessThan(4);
    await services.remove(name);
  });

  test('a crash on a node that stays is held all the same', async () => {
    const { services } = engineAt(0);
    const image = sandbox.image('away/crash', 'v1');
    const { digest: from } = await sandbox.pushImage('away/crash', 'v1', good('crash one'));
    await services.create({
      name: 'away-crash',
      image: `${image}@${from}`,
      replicas: 1,
      constraints: ['node.hostname!=engine-3'],
      failureAction: 'rollback',
    });
    await waitUntil(
      async () =>
        (await services.tasks('away-crash')).some(({ Status }) => Status.State === 'running') ||
        null,
      { what: 'it runs', withinMs: 60_000 },
    );
    const bad = crashing('crash two', { afterMs: 100 });
    const { digest: to } = await sandbox.pushImage('away/crash', 'v1', bad);
    await helper.postHook({ image, digest: to });
    const [only, ...more] = await endedDeployments(helper, 'away-crash');
    expect(only).toMatchObject({ state: 'rolled-back', reason: 'task-failed', to });
    expect(more).toEqual([]);
    expect(await helper.services('?q=away-crash')).toMatchObject([
      { verdict: 'held', reason: 'known-bad' },
    ]);
    await services.remove('away-crash');
  });
});
