import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { crashing, good } from '../../../sandbox/image/sample.ts';
import { freePort } from '../../../sandbox/machine/network.ts';
import { waitUntil } from '../../../sandbox/machine/wait-until.ts';
import { type AttachedSandbox, attachSandbox } from '../../../sandbox/sandbox.ts';
import { type EngineProxy, startEngineProxy } from '../../chaos/engine-proxy.ts';
import { seeded } from '../../chaos/seeded.ts';
import { endedDeployments, untilGood } from '../../support/stage/open-stage.ts';
import { ownSandbox } from '../../support/stage/own-sandbox.ts';
import { deploySettled } from '../../support/stage/settled-service.ts';
import {
  HOOK_SECRET,
  type RunningHelper,
  startHelper,
} from '../../support/program/start-helper.ts';
import { movesOf, tagOfSpec } from '../../support/fake-registry/tag-scheme.ts';

/** A handful for every change; `ROUNDS=40` for a night. */
const ROUNDS = Number(process.env['ROUNDS'] ?? 3);
const seed = Number(process.env['CHAOS_SEED'] ?? Date.now() % 1_000_000);
/** From the webhook to the end of a rollout or a revert, with room. */
const LONGEST_LIFE_MS = 3_000;
const KILLS_A_ROUND = 2;
const MONITOR_MS = 500;
const REPOSITORY = 'killed/web';
const SERVICE = 'killed-web';

let sandbox: AttachedSandbox;
let proxy: EngineProxy;
const folder = mkdtempSync(join(tmpdir(), 'tags-kill-'));
beforeAll(async () => {
  sandbox = attachSandbox(ownSandbox());
  proxy = await startEngineProxy(sandbox.engines[0].socket, join(folder, 'engine.sock'));
});
afterAll(async () => {
  await proxy.close();
  await sandbox.close();
  rmSync(folder, { recursive: true });
});

test(
  `kill -9 at any step: each push moves the service once, and a bad one back (${ROUNDS} rounds, CHAOS_SEED=${seed})`,
  async ({ onTestFailed, onTestFinished }) => {
    const { services } = sandbox.engines[0];
    const random = seeded(seed);
    const port = await freePort();
    const said: string[] = [];
    const start = (): Promise<RunningHelper> =>
      startHelper({
        store: join(folder, 'store.db'),
        port,
        env: {
          CD_HELPER_ENGINE_URL: proxy.url,
          CD_HELPER_REGISTRY_INSECURE: sandbox.registry.host,
        },
      });
    let helper = await start();
    onTestFinished(() => helper.kill());
    onTestFailed(() => {
      process.stderr.write([...said, helper.output()].join('\n--- killed\n'));
    });

    /** As a registry does: until it is accepted. */
    const post = (tag: string, digest: string): Promise<true> =>
      waitUntil(
        async () => {
          const sent = await fetch(`http://127.0.0.1:${port}/hooks/${HOOK_SECRET}`, {
            method: 'POST',
            headers: { 'content-type': 'application/json' },
            body: JSON.stringify({ image: sandbox.image(REPOSITORY, tag), digest }),
            signal: AbortSignal.timeout(5_000),
          });
          return sent.ok ? true : null;
        },
        { what: `the push of ${tag} is accepted`, withinMs: 60_000, everyMs: 30 },
      );

    const { digest: first } = await sandbox.pushImage(REPOSITORY, 'v1.0.0', good('killed 1.0.0'));
    await deploySettled(services, {
      name: SERVICE,
      image: sandbox.image(REPOSITORY, 'v1.0.0', first),
      labels: { 'cd-helper.track': 'semver:1.x' },
      monitorMs: MONITOR_MS,
    });
    let present = { tag: 'v1.0.0', digest: first };
    const expected: string[] = [];
    let updates = 0;
    for (let round = 1; round <= ROUNDS; round += 1) {
      const tag = `v1.${round}.0`;
      const isBad = round % 3 === 1;
      // A bad one goes back to what has run well for long enough, which what came a moment ago has not. What ran
      // before the first update counts as good.
      if (isBad && round > 1) await untilGood(helper, SERVICE, present.digest);
      const sample = isBad ? crashing(`killed ${tag}`, { afterMs: 100 }) : good(`killed ${tag}`);
      const { digest } = await sandbox.pushImage(REPOSITORY, tag, sample);
      const posted = post(tag, digest);
      for (let kills = 0; kills < KILLS_A_ROUND; kills += 1) {
        // Chance decides at which step it is killed; that it was accepted is not waited for.
        await delay(random() * LONGEST_LIFE_MS);
        await helper.kill();
        said.push(helper.output());
        helper = await start();
      }
      await posted;
      const all = await endedDeployments(helper, SERVICE, round);
      expected.push(`${present.tag} → ${tag} ${isBad ? 'rolled-back' : 'succeeded'}`);
      expect(movesOf(all)).toEqual(expected);
      updates += isBad ? 2 : 1;
      if (!isBad) present = { tag, digest };
      await services.converged(SERVICE, { digest: present.digest });
      const { Spec } = await services.inspect(SERVICE);
      expect(tagOfSpec(Spec.TaskTemplate.ContainerSpec.Image)).toBe(present.tag);
      expect(proxy.accepted()).toBe(updates);
    }
    await services.remove(SERVICE);
  },
  ROUNDS * 60_000 + 120_000,
);
