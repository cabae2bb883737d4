import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { waitUntil } from '../../../sandbox/machine/wait-until.ts';
import { type FakeEngine, startFakeEngine } from '../fake-engine/fake-engine.ts';
import { type FakeRegistry, startFakeRegistry } from '../fake-registry/fake-registry.ts';
import { endedDeployments } from '../stage/open-stage.ts';
import { type RunningHelper, startHelper } from './start-helper.ts';

const WITHIN_MS = 60_000;

/** A helper in a separate process with its store in PostgreSQL, in front of a fake engine with a service `web`. */
export type PostgresHelper = {
  readonly engine: FakeEngine;
  readonly helper: RunningHelper;
  /** Posts a webhook for the service's image. */
  readonly post: () => Promise<Response>;
  /** Publishes another image, posts its webhook, and waits until the deployment has succeeded. */
  readonly push: () => Promise<void>;
  /** The status of `/readyz` or `/healthz`, with its reason. */
  readonly probe: (path: string) => Promise<readonly [status: number, reason: string | undefined]>;
  /** A sample of `/metrics`. */
  readonly metric: (name: string) => Promise<number>;
  /** Waits until `/readyz` fails with this reason, or succeeds again (null). */
  readonly untilStore: (reason: string | null) => Promise<void>;
  readonly close: () => Promise<void>;
};

export const openPostgresHelper = async (
  store: string,
  engineOptions: Parameters<typeof startFakeEngine>[0] = { pace: 'real', speed: 20 },
): Promise<PostgresHelper> => {
  const folder = mkdtempSync(join(tmpdir(), 'postgres-helper-'));
  const engine = await startFakeEngine(engineOptions);
  const registry: FakeRegistry = await startFakeRegistry();
  const image = `${registry.host}/acme/web:v1`;
  let version = 0;
  const publish = (): string => {
    version += 1;
    return registry.setTag('acme/web', 'v1', `version ${version}`);
  };
  engine.addService({ name: 'web', image: `${image}@${publish()}`, replicas: 2 });
  const helper = await startHelper({
    store: join(folder, 'store.db'),
    env: { CD_HELPER_STORE: store },
    config: {
      clusters: [{ name: 'production', type: 'engine', url: engine.url }],
      registries: [{ host: registry.host, insecure: true }],
      metrics: { public: true },
    },
  });
  const read = async (path: string): Promise<Response> =>
    fetch(`${helper.url}${path}`, { signal: AbortSignal.timeout(WITHIN_MS) });
  const probe: PostgresHelper['probe'] = async (path) => {
    const answer = await read(path);
    const { reason } = (await answer.json()) as { reason?: string };
    return [answer.status, reason];
  };
  let pushed = 0;
  return {
    engine,
    helper,
    post: () => helper.postHook({ image }),
    push: async () => {
      const to = publish();
      const answer = await helper.postHook({ image });
      if (answer.status !== 202) throw new Error(`${answer.status} ${await answer.text()}`);
      pushed += 1;
      const ended = await endedDeployments(helper, 'web', pushed);
      const last = ended.at(-1);
      if (last?.state !== 'succeeded' || last.to !== to) throw new Error(JSON.stringify(ended));
    },
    probe,
    metric: async (name) => {
      const text = await (await read('/metrics')).text();
      const line = text.split('\n').find((one) => one.startsWith(`${name} `));
      return Number(line?.split(' ')[1] ?? 'NaN');
    },
    untilStore: (reason) =>
      waitUntil(
        async () => {
          const found = await probe('/readyz');
          const wanted = reason === null ? found[0] === 200 : found[1] === reason;
          if (wanted) return;
          throw new Error(JSON.stringify(found));
        },
        { what: `the store is ${reason ?? 'well'}`, withinMs: WITHIN_MS, everyMs: 100 },
      ),
    close: async () => {
      await helper.stop();
      await Promise.all([engine.close(), registry.close()]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
};
