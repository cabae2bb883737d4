import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  afterEach,
  beforeEach,
  describe,
  expect,
  onTestFailed,
  onTestFinished,
  test,
} from 'vitest';
import { good } from '../../sandbox/image/sample.ts';
import { waitUntil } from '../../sandbox/machine/wait-until.ts';
import type { RunView } from '../../src/core/contract/run-views.ts';
import { startFakeEngine } from '../support/fake-engine/fake-engine.ts';
import { startFakeRegistry } from '../support/fake-registry/fake-registry.ts';
import { countChecks, endedDeployments } from '../support/stage/open-stage.ts';
import { attachSandbox } from '../../sandbox/sandbox.ts';
import { ownSandbox } from '../support/stage/own-sandbox.ts';
import { type RunningHelper, startHelper } from '../support/program/start-helper.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'run-killed-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Starts the helper, and starts it again after a kill. */
const createLives = (env: Readonly<Record<string, string>>) => {
  let helper: RunningHelper | null = null;
  const said: string[] = [];
  onTestFailed(() => {
    process.stderr.write([...said, helper?.output() ?? ''].join('\n--- killed\n'));
  });
  onTestFinished(() => helper?.kill());
  return {
    next: async (): Promise<RunningHelper> => {
      helper = await startHelper({ store: join(folder, 'store.db'), env });
      return helper;
    },
    kill: async (): Promise<void> => {
      await helper?.kill();
      said.push(helper?.output() ?? '');
    },
  };
};

const startRun = async (helper: RunningHelper): Promise<string> =>
  ((await (await helper.post('/smart-redeploy')).json()) as RunView).id;

const endedRun = (helper: RunningHelper, id: string): Promise<RunView> =>
  waitUntil(
    async () => {
      const run = await helper.get<RunView>(`/runs/${id}`);
      return run.endedAt === null ? null : run;
    },
    { what: 'the run ends', withinMs: 120_000 },
  );

describe('a helper that is killed again and again while a run checks', () => {
  test('asks a registry for what it was not told, and not for everything at every start', async () => {
    const images = 300;
    const kills = 6;
    /** In total fewer than the number of images: a run that lost nothing must not end before the last kill. */
    const beforeKill = 40;
    /** The requests in progress (eight at a time), and those of the last tenth of a second. */
    const lostByKill = 30;
    const engine = await startFakeEngine();
    const registry = await startFakeRegistry({ latencyMs: 50 });
    onTestFinished(async () => {
      await engine.close();
      await registry.close();
    });
    for (let image = 0; image < images; image += 1) {
      const digest = registry.setTag(`acme/app-${image}`, 'v1', `app ${image}`);
      engine.addService({
        name: `app-${image}`,
        image: `${registry.host}/acme/app-${image}:v1@${digest}`,
        replicas: 0,
      });
    }
    const lives = createLives({
      CD_HELPER_ENGINE_URL: engine.url,
      CD_HELPER_REGISTRY_INSECURE: registry.host,
    });
    let helper = await lives.next();
    const id = await startRun(helper);
    for (let kill = 0; kill < kills; kill += 1) {
      const before = registry.count();
      await waitUntil(async () => registry.count() >= before + beforeKill || null, {
        what: `${beforeKill} were asked`,
        withinMs: 30_000,
        everyMs: 1,
      });
      await lives.kill();
      helper = await lives.next();
    }
    const run = await endedRun(helper, id);
    expect(run).toMatchObject({ state: 'done', counts: { current: images } });
    expect(registry.count()).toBeGreaterThanOrEqual(images);
    expect(registry.count()).toBeLessThanOrEqual(images + kills * lostByKill);
    const perImage = Array.from({ length: images }, (_, image) =>
      registry.count({ repository: `acme/app-${image}` }),
    );
    expect(Math.max(...perImage)).toBeLessThanOrEqual(3);
  });

  test('a real registry hears of each image once, and each service is updated once', async () => {
    const names = Array.from({ length: 8 }, (_, index) => `run-killed-${index}`);
    const sandbox = attachSandbox(ownSandbox());
    const { services, url } = sandbox.engines[0];
    /** Keeps the run at this point: a registry that accepts connections and never answers. */
    let silentAsks = 0;
    const silent = createServer((socket) => {
      silentAsks += 1;
      socket.on('error', () => {});
    }).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const silentHost = `127.0.0.1:${(silent.address() as AddressInfo).port}`;
    onTestFinished(async () => {
      silent.close();
      await services.remove(...names, 'run-killed-silent');
      await sandbox.close();
    });

    const published = new Map<string, string>();
    for (const [index, name] of names.entries()) {
      const one = await sandbox.pushImage(`killed/${name}`, 'v1', good(`${name} one`));
      published.set(name, one.digest);
      await services.create({
        name,
        image: sandbox.image(`killed/${name}`, 'v1', one.digest),
        replicas: index < 2 ? 1 : 0,
      });
    }
    await Promise.all(names.map((name) => services.converged(name)));
    const obsolete = names.slice(0, 2);
    for (const name of obsolete) {
      const two = await sandbox.pushImage(`killed/${name}`, 'v1', good(`${name} two`));
      published.set(name, two.digest);
    }
    await services.create({
      name: 'run-killed-silent',
      image: `${silentHost}/killed/silent:v1@${published.get('run-killed-7')}`,
      replicas: 0,
    });

    const checks = (): Promise<readonly number[]> =>
      Promise.all(
        names.map((name) => countChecks(sandbox.registry.accessLog, `killed/${name}`, 'v1')),
      );
    const before = await checks();
    const lives = createLives({
      CD_HELPER_ENGINE_URL: url,
      CD_HELPER_REGISTRY_INSECURE: `${sandbox.registry.host},${silentHost}`,
    });
    let helper = await lives.next();
    const id = await startRun(helper);
    await waitUntil(
      async () => {
        const shown = await helper.services('?q=run-killed-');
        return (
          shown.filter((one) => one.published === published.get(one.name)).length ===
            names.length || null
        );
      },
      { what: 'the answers of the real registry are kept', withinMs: 10_000 },
    );
    for (let kill = 0; kill < 5; kill += 1) {
      const asks = silentAsks;
      await lives.kill();
      helper = await lives.next();
      await waitUntil(async () => silentAsks > asks || null, {
        what: 'the run goes on, and asks the silent one',
        withinMs: 10_000,
      });
    }
    expect(await helper.get<RunView>(`/runs/${id}`)).toMatchObject({ endedAt: null });
    await lives.kill();
    silent.close();
    helper = await lives.next();
    const run = await endedRun(helper, id);
    const mine = run.services.filter(({ name }) => name.startsWith('run-killed-'));
    const withVerdict = (verdict: string): readonly string[] =>
      mine
        .filter((one) => one.verdict === verdict)
        .map(({ name }) => name)
        .toSorted();
    expect(withVerdict('obsolete')).toEqual(obsolete);
    expect(withVerdict('current')).toEqual(names.slice(2));
    expect(withVerdict('unknown')).toEqual(['run-killed-silent']);
    for (const name of obsolete) {
      expect(await endedDeployments(helper, name)).toMatchObject([
        { state: 'succeeded', to: published.get(name) },
      ]);
      expect(await services.runningDigests(name)).toEqual([published.get(name)]);
    }
    const asked = (await checks()).map((count, index) => count - (before[index] ?? 0));
    expect(asked).toEqual(names.map(() => 1));
  });
});
