import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { crashing, good } from '../../../sandbox/image/sample.ts';
import { waitUntil } from '../../../sandbox/machine/wait-until.ts';
import type { DeploymentView } from '../../../src/core/contract/views.ts';
import { endedDeployments } from '../../support/stage/open-stage.ts';
import { ownSandbox } from '../../support/stage/own-sandbox.ts';
import { type SlowRegistry, startSlowRegistry } from '../../support/fake-registry/slow-registry.ts';
import { useStage } from '../../support/stage/use-stage.ts';

/**
 * So long the one layer of the new image takes. With the default the deadline, which is never shorter than five
 * minutes, is brought forward instead: `SLOW_PULL_MINUTES=7` waits for it.
 */
const MINUTES = Number(process.env['SLOW_PULL_MINUTES'] ?? 0);
const PULL_MS = MINUTES > 0 ? MINUTES * 60_000 : 40_000;
const START_MS = 120_000;

let slow: SlowRegistry;
beforeAll(async () => {
  const { registry, engines } = ownSandbox();
  slow = await startSlowRegistry(engines[0].hostAddress, registry.url);
});
afterAll(() => slow.close());
const stage = useStage(() => ({ env: { CD_HELPER_REGISTRY_INSECURE: slow.host } }));

/** Lets the deployment be late a moment from now, as the next start of the helper reads it. */
const bringDeadlineForward = ({ id }: DeploymentView): void => {
  const store = new DatabaseSync(join(stage.folder, 'store.db'), { timeout: 5_000 });
  try {
    store
      .prepare('UPDATE deployments SET deadline_at = ? WHERE id = ?')
      .run(Date.now() + 1_000, id);
  } finally {
    store.close();
  }
};

test(
  `a pull of ${PULL_MS / 1_000} s arrives, however long ago the deadline was`,
  async () => {
    const { sandbox, services } = stage;
    const name = 'slow-pull';
    const image = `${slow.host}/slow/pull:v1`;
    const { digest: from } = await sandbox.pushImage('slow/pull', 'v1', good(`${name} one`));
    await services.deploy({ name, image: `${image}@${from}` });
    slow.slowDown(PULL_MS);
    // A program of its own, so that no engine has the layer.
    const { digest: to } = await sandbox.pushImage(
      'slow/pull',
      'v1',
      crashing(`${name} two`, { afterMs: 86_400_000 + Math.floor(Math.random() * 1e6) }),
    );
    await stage.helper.postHook({ image, digest: to });
    const pulling = await waitUntil(
      async () => {
        const [found] = await stage.helper.deployments(`?service=${name}`);
        return found?.pullingSince === null || found === undefined ? null : found;
      },
      { what: 'the deployment tells that it pulls', withinMs: START_MS, everyMs: 200 },
    );
    if (MINUTES === 0) {
      await stage.helper.stop();
      bringDeadlineForward(pulling);
      await stage.restart();
    }
    const ended = await waitUntil(
      async () => {
        const [found] = await stage.helper.deployments(`?service=${name}`);
        return found === undefined || found.endedAt === null ? null : found;
      },
      { what: 'the image has arrived', withinMs: PULL_MS + START_MS, everyMs: 500 },
    );
    expect(ended).toMatchObject({ state: 'succeeded', to, pullingSince: null });
    expect(await endedDeployments(stage.helper, name)).toHaveLength(1);
    expect(await services.runningDigests(name)).toEqual([to]);
    const took = Date.parse(ended.endedAt ?? '') - Date.parse(pulling.pullingSince ?? '');
    expect(took).toBeGreaterThan(PULL_MS * 0.8);
    process.stderr.write(`pulled for ${Math.round(took / 1_000)} s\n`);
    await services.remove(name);
  },
  PULL_MS + 2 * START_MS,
);
