import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { good } from '../../sandbox/image/sample.ts';
import { freePort } from '../../sandbox/machine/network.ts';
import { waitUntil } from '../../sandbox/machine/wait-until.ts';
import { type AttachedSandbox, attachSandbox } from '../../sandbox/sandbox.ts';
import type { EngineTask } from '../../sandbox/swarm/services.ts';
import type { Digest } from '../../src/core/image/digest.ts';
import { digestsBySlot, endedDeployments } from '../support/stage/open-stage.ts';
import { ownSandbox } from '../support/stage/own-sandbox.ts';
import { HOOK_SECRET, type RunningHelper, startHelper } from '../support/program/start-helper.ts';
import { seeded } from './seeded.ts';

const KILLS = 30;
const SERVICES = ['chaos-a', 'chaos-b', 'chaos-c', 'chaos-d'];
/** Most of what a start or a webhook triggers happens within this time. */
const LONGEST_LIFE_MS = 1_500;
/** The share of kills after a webhook. The others come just after a start. */
const KILLED_AFTER_HOOK = 0.7;
/** The share of starts that are killed before the helper can be ready. */
const KILLED_WHILE_STARTING = 0.25;
const LONGEST_START_MS = 2_000;
const LONG_AFTER_MS = 3_600_000;
const BETWEEN_PUSHES_MS = 700;
/** Longer than several starts in a row on a busy machine. */
const ACCEPTED_WITHIN_MS = 120_000;
const TEST_WITHIN_MS = 900_000;

type Accepted = { readonly delivery: string; readonly name: string; readonly digest: Digest };

describe('kill -9 at any instant, during a stream of hooks', () => {
  const seed = Number(process.env['CHAOS_SEED'] ?? Date.now() % 1_000_000);
  let sandbox: AttachedSandbox;
  const folder = mkdtempSync(join(tmpdir(), 'kill-'));
  beforeAll(() => {
    sandbox = attachSandbox(ownSandbox());
  });
  afterAll(async () => {
    await sandbox.close();
    rmSync(folder, { recursive: true });
  });

  test(
    `loses no accepted push and restarts nothing twice (CHAOS_SEED=${seed})`,
    async ({ onTestFailed, onTestFinished }) => {
      const { services } = sandbox.engines[0];
      const random = seeded(seed);
      const said: string[] = [];
      const port = await freePort();
      const start = (signal?: AbortSignal) =>
        startHelper({
          store: join(folder, 'store.db'),
          port,
          ...(signal === undefined ? {} : { signal }),
          env: {
            CD_HELPER_ENGINE_URL: sandbox.engines[0].url,
            CD_HELPER_REGISTRY_INSECURE: sandbox.registry.host,
          },
        });
      let helper: RunningHelper = await start();
      onTestFinished(() => helper.kill());
      onTestFailed(() => {
        process.stderr.write([...said, helper.output()].join('\n--- killed\n'));
      });

      const pushed = new Map<string, Digest[]>();
      for (const [index, name] of SERVICES.entries()) {
        const { digest } = await sandbox.pushImage(`chaos/${name}`, 'v1', good(`${name} 0`));
        pushed.set(name, [digest]);
        await services.create({
          name,
          image: sandbox.image(`chaos/${name}`, 'v1', digest),
          replicas: 1 + (index % 2),
          parallelism: 2,
          monitorMs: 200,
        });
      }
      await Promise.all(SERVICES.map((name) => services.converged(name)));

      const ended = new AbortController();
      /** Every task that the engine has shown, because it forgets old ones. */
      const seen = new Map<string, EngineTask>();
      const watchTasks = async (): Promise<void> => {
        for (;;) {
          for (const name of SERVICES) {
            for (const task of await services.tasks(name)) seen.set(task.ID, task);
          }
          if (ended.signal.aborted) return;
          await delay(1_000);
        }
      };

      /** Repeats like a registry until the webhook is accepted, however often the helper dies meanwhile. */
      const post = async (name: string, digest: Digest, named: boolean): Promise<Accepted> => {
        const image = sandbox.image(`chaos/${name}`, 'v1');
        const answer = await waitUntil(
          async () => {
            const sent = await fetch(`http://127.0.0.1:${port}/hooks/${HOOK_SECRET}`, {
              method: 'POST',
              headers: { 'content-type': 'application/json' },
              body: JSON.stringify(named ? { image, digest } : { image }),
              signal: AbortSignal.timeout(5_000),
            });
            return sent.ok ? ((await sent.json()) as { delivery: string }) : null;
          },
          { what: `a hook for ${name} is accepted`, withinMs: ACCEPTED_WITHIN_MS, everyMs: 30 },
        );
        return { delivery: answer.delivery, name, digest };
      };

      const accepted: Accepted[] = [];
      const pushAll = async (): Promise<void> => {
        for (let count = 1; !ended.signal.aborted; count += 1) {
          const name = SERVICES[Math.floor(random() * SERVICES.length)] ?? 'chaos-a';
          const sample = good(`${name} ${count}`);
          const { digest } = await sandbox.pushImage(`chaos/${name}`, 'v1', sample);
          pushed.get(name)?.push(digest);
          accepted.push(await post(name, digest, random() < 0.7));
          await delay(random() * BETWEEN_PUSHES_MS);
        }
      };

      const watching = watchTasks();
      const pushing = pushAll();
      // The `await` below reports the error.
      pushing.catch(() => {});
      const hookAfter = (count: number) =>
        waitUntil(async () => (accepted.length > count ? true : null), {
          what: 'another hook was accepted',
          withinMs: ACCEPTED_WITHIN_MS,
          everyMs: 10,
        });
      try {
        for (let kills = 0; kills < KILLS; kills += 1) {
          if (random() < KILLED_AFTER_HOOK) await hookAfter(accepted.length);
          await delay(random() * LONGEST_LIFE_MS);
          await helper.kill();
          said.push(helper.output());
          const early = new AbortController();
          const isEarly = random() < KILLED_WHILE_STARTING;
          const timer = setTimeout(
            () => early.abort(),
            isEarly ? random() * LONGEST_START_MS : LONG_AFTER_MS,
          );
          helper = await start(early.signal).catch(async (error: unknown) => {
            if (!early.signal.aborted) throw error;
            kills += 1;
            return await start();
          });
          clearTimeout(timer);
        }
      } finally {
        ended.abort();
      }
      await pushing;

      for (const name of SERVICES) {
        const newest = pushed.get(name)?.at(-1);
        if (newest === undefined) throw new Error(`nothing was pushed for ${name}`);
        await services.converged(name, { digest: newest, withinMs: 90_000 });
        const deployments = await endedDeployments(helper, name);
        expect(deployments.filter(({ state }) => state === 'failed')).toEqual([]);
        expect(deployments.filter(({ state }) => state === 'rolled-back')).toEqual([]);
      }
      await watching;

      // Every accepted delivery is in the history, with its outcome.
      const history = new Map((await helper.deliveries()).map((one) => [one.id, one]));
      const untold = accepted.filter(({ delivery }) => {
        const results = history.get(delivery)?.pushes.flatMap((push) => push.results) ?? [];
        return results.length !== 1 || results.some(({ outcome }) => outcome === null);
      });
      expect(untold).toEqual([]);

      // The engine ran exactly what changed: each digest at most once in each slot, in the order of the pushes.
      let restarts = 0;
      for (const name of SERVICES) {
        const order = pushed.get(name) ?? [];
        const tasks = [...seen.values()].filter(({ Spec }) =>
          Spec.ContainerSpec.Image.includes(`/chaos/${name}:`),
        );
        const ordered = tasks.toSorted((a, b) => a.CreatedAt.localeCompare(b.CreatedAt));
        for (const digests of digestsBySlot(ordered).values()) {
          expect(digests).toEqual(order.filter((digest) => digests.includes(digest)));
          restarts += digests.length - 1;
        }
        const { Spec } = await services.inspect(name);
        expect(Spec.TaskTemplate.ForceUpdate ?? 0).toBe(0);
        const deployments = await helper.deployments(`?service=${name}`);
        const targets = deployments.map(({ to }) => to);
        expect(new Set(targets).size).toBe(targets.length);
      }
      const deployments = await helper.deployments();
      const recovered = deployments.filter(({ steps }) =>
        steps.some(({ detail }) => detail['recovered'] === true),
      );
      process.stderr.write(
        `chaos: seed ${seed}, ${KILLS} kills, ${accepted.length} accepted of ${history.size} in the history, ${deployments.length} deployments (${recovered.length} recovered), ${restarts} restarts of tasks\n`,
      );
      expect(await helper.stop()).toBe(0);
      await services.remove(...SERVICES);
    },
    TEST_WITHIN_MS,
  );
});
