import { randomFillSync } from 'node:crypto';
import { sql } from 'kysely';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { waitUntil } from '../../../sandbox/machine/wait-until.ts';
import { createRegistries } from '../../../src/adapters/registry/registries.ts';
import {
  createEngineCluster,
  type EngineTimeouts,
} from '../../../src/adapters/swarm/engine/engine.ts';
import type { Cluster } from '../../../src/core/swarm/cluster.ts';
import type { AcceptedDelivery } from '../../../src/core/contract/delivery.ts';
import type { Digest } from '../../../src/core/image/digest.ts';
import type { Selection } from '../../../src/core/policy/labels.ts';
import { type Log, silentLog } from '../../../src/core/log.ts';
import { createTimeOrderedIds } from '../../../src/core/time-ordered-id.ts';
import type { DeliveryView } from '../../../src/core/contract/delivery-views.ts';
import type { DeploymentView } from '../../../src/core/contract/views.ts';
import { openIntakeOf } from '../../../src/store/intake/open-intake.ts';
import type { Db, Store } from '../../../src/store/sqlite/open-store.ts';
import { openTestStore } from '../store/open-test-store.ts';
import type { Durability } from '../../../src/store/sqlite/durability.ts';
import { readDelivery } from '../../../src/store/intake/read-deliveries.ts';
import { listDeployments } from '../../../src/store/deployments/read-deployments.ts';
import type { Registries } from '../../../src/core/contract/registries.ts';
import type { Shortcuts } from '../../../src/work/shortcuts/shortcuts.ts';
import { createWork, type Work } from '../../../src/work/work.ts';
import type { WorkOptions } from '../../../src/work/work-options.ts';
import {
  type FakeEngine,
  type FakeEngineOptions,
  startFakeEngine,
} from '../fake-engine/fake-engine.ts';
import type { FillRandom } from '../fake-engine/state.ts';
import { type FakeRegistry, startFakeRegistry } from '../fake-registry/fake-registry.ts';
import { makeDelivery, pushOf } from '../store/store-samples.ts';
import { createTestClock, type TestClock } from './test-clock.ts';

const DAY = 24 * 3_600_000;
export const ENDED = ['succeeded', 'failed', 'rolled-back', 'superseded', 'skipped'];

export type WorkBenchOptions = {
  /** Default: one cluster, `one`. */
  readonly clusters?: readonly string[];
  readonly speed?: number;
  readonly engine?: FakeEngineOptions;
  readonly timeouts?: Partial<EngineTimeouts>;
  readonly registry?: Parameters<typeof createRegistries>[0]['limits'];
  readonly maxParallel?: number;
  readonly select?: Selection;
  /** Source of random ids, also for the engine; default: the machine's own. */
  readonly fillRandom?: FillRandom;
  /** Opens the store; default: `openTestStore`. */
  readonly openStore?: (folder: string) => Promise<Store>;
};

/** Changes to the bench's own ports for a run of the work. */
export type Wrap = {
  /** Names of the configured clusters; default: all of the bench. */
  readonly only?: readonly string[];
  readonly cluster?: (cluster: Cluster) => Cluster;
  readonly registries?: (registries: Registries) => Registries;
  readonly db?: (db: Db) => Db;
  readonly durability?: (durability: Durability) => Durability;
};

/** A run of the work. After it stops, another can follow on the same store. */
export type RunningWork = { readonly work: Work; readonly stop: () => Promise<void> };

export type WorkBench = {
  readonly clock: TestClock;
  /** The engine of the first cluster. */
  readonly engine: FakeEngine;
  readonly engines: Readonly<Record<string, FakeEngine>>;
  readonly registry: FakeRegistry;
  readonly store: Store;
  /** Whether a query is in progress. Never in SQLite, which answers at once. */
  readonly isStoreBusy: () => boolean;
  /** Log lines about errors of the helper itself. */
  readonly errors: readonly string[];
  readonly start: (options?: Partial<WorkOptions>, wrap?: Wrap) => RunningWork;
  /** `repository:tag` at the registry, as in a service spec. */
  readonly image: (repository: string, digest?: Digest | null) => string;
  /** Makes new services look as if they had run for a long time. */
  readonly settle: () => void;
  readonly hook: (work: Work, image: string, digest?: Digest | null) => Promise<AcceptedDelivery>;
  readonly delivery: (id: string) => Promise<DeliveryView>;
  /** Oldest first. */
  readonly deployments: (service?: string) => Promise<readonly DeploymentView[]>;
  readonly until: <T>(
    what: string,
    check: () => Promise<T | null | false> | T | null | false,
  ) => Promise<T>;
  /** Resolves when every due check is done and its result is on disk. */
  readonly checked: () => Promise<void>;
  /** Lets every follow-up of a push happen in turn until the push has ended. */
  readonly letFollowUpsPass: (delivery: string) => Promise<void>;
  /** The service's newest deployment, when it and all before it have ended. */
  readonly ended: (service: string, count?: number) => Promise<DeploymentView>;
  /** The number of HEAD requests to the registry. */
  readonly heads: (repository?: string) => number;
  readonly close: () => Promise<void>;
};

/** `CD_HELPER_TEST_SHORTCUTS=off`: the results must be the same without any shortcut. */
const IS_ON = process.env['CD_HELPER_TEST_SHORTCUTS'] !== 'off';
const SHORTCUTS: Shortcuts = { knownServices: IS_ON, seenDigests: IS_ON, recentList: IS_ON };

/** The work with its real store and adapters, in front of one fake engine per cluster and a fake registry. */
export const openWorkBench = async (options: WorkBenchOptions = {}): Promise<WorkBench> => {
  const names = options.clusters ?? ['one'];
  const folder = mkdtempSync(join(tmpdir(), 'work-'));
  const fillRandom: FillRandom = options.fillRandom ?? randomFillSync;
  const engines: Record<string, FakeEngine> = {};
  for (const name of names)
    engines[name] = await startFakeEngine({ pace: 'manual', fillRandom, ...options.engine });
  const engine = engines[names[0] ?? ''];
  if (engine === undefined) throw new Error('a bench needs a cluster');
  const registry = await startFakeRegistry();
  const store = await (options.openStore?.(folder) ?? openTestStore(join(folder, 'store.db')));
  // In SQLite, a query takes no time. While a query to a server takes time, test time must not pass many times as fast.
  // The test's own questions do not count: if it asks all the time, time would stand still.
  let asking = 0;
  const isStoreBusy = (): boolean => {
    const { inUse = 0, waiting = 0 } = store.server?.connections() ?? {};
    return inUse + waiting > asking;
  };
  const clock = createTestClock(
    (ms) => {
      for (const each of Object.values(engines)) each.advance(ms);
    },
    options.speed,
    isStoreBusy,
  );
  const newId = createTimeOrderedIds(clock.now, fillRandom);
  const errors: string[] = [];
  const log: Log = {
    ...silentLog,
    error: (message, fields) => errors.push(`${message}: ${String(fields?.['error'])}`),
    child: () => log,
  };
  const clusters = names.map((name) =>
    createEngineCluster({ name, url: engines[name]?.url ?? '', timeouts: options.timeouts ?? {} }),
  );
  const registries = createRegistries({
    insecure: [registry.host],
    log: silentLog,
    now: clock.now,
    random: () => 0.5,
    limits: { tries: 1, ...options.registry },
  });
  const running = new Set<RunningWork>();
  let starts = 0;

  const until: WorkBench['until'] = (what, check) => {
    const ask = async () => {
      asking += 1;
      try {
        return (await check()) || null;
      } finally {
        asking -= 1;
      }
    };
    return waitUntil(ask, { what, withinMs: 60_000, everyMs: 5 });
  };
  const deployments: WorkBench['deployments'] = async (service) => {
    const { items } = await listDeployments(store.db, { service }, { limit: 1_000, after: null });
    return items.toReversed();
  };

  const checked: WorkBench['checked'] = async () => {
    await until('no check is due', async () => {
      const checks = await store.db.selectFrom('look_work').select('run_at').execute();
      return checks.every(({ run_at }) => run_at > clock.now());
    });
  };
  const delivery: WorkBench['delivery'] = async (id) => {
    const found = await readDelivery(store.db, id);
    if (found === null) throw new Error(`no delivery ${id}`);
    return found;
  };

  return {
    clock,
    isStoreBusy,
    engine,
    engines,
    registry,
    store,
    errors,
    start: (change = {}, wrap = {}) => {
      starts += 1;
      const db = wrap.db?.(store.db) ?? store.db;
      const durability = wrap.durability?.(store.durability) ?? store.durability;
      const work = createWork({
        clusters: clusters
          .filter(({ name }) => wrap.only?.includes(name) ?? true)
          .map((cluster) => ({
            cluster: wrap.cluster?.(cluster) ?? cluster,
            select: options.select ?? 'all',
            maxParallel: options.maxParallel ?? 4,
          })),
        registries: wrap.registries?.(registries) ?? registries,
        db,
        instance: { id: `instance-${starts}`, host: 'test', version: '1' },
        storeTime: () => sql<number>`cast(${clock.now()} as bigint)`,
        openIntake: openIntakeOf({ db, durability, tryToWrite: store.tryToWrite }),
        shortcuts: SHORTCUTS,
        onChange: store.onChange,
        clock,
        newId,
        // Leads to fractions of a ms, like a real source. The store accepts only whole ms.
        random: () => 0.50001,
        log,
        spentBudget: () => null,
        retention: { ageMs: 90 * DAY, deployments: 10_000, bytes: 1e9 },
        schedule: {
          schedule: null,
          timeZone: 'UTC',
          mode: 'report',
          onStart: 'off',
          jitterMs: 0,
        },
        ...change,
      });
      const stopped = new AbortController();
      const done = work.run(stopped.signal);
      done.catch((error: unknown) => errors.push(`the work ended: ${String(error)}`));
      const one: RunningWork = {
        work,
        stop: async () => {
          stopped.abort(new Error('told to stop'));
          running.delete(one);
          await done.catch(() => {});
        },
      };
      running.add(one);
      return one;
    },
    image: (repository, digest = null) =>
      `${registry.host}/${repository}${digest === null ? '' : `@${digest}`}`,
    settle: () => clock.skip(60_000),
    hook: (work, image, digest = null) =>
      work.acceptDelivery(
        makeDelivery({
          id: newId(),
          receivedAt: new Date(clock.now()).toISOString(),
          pushes: [pushOf(image, digest)],
        }),
      ),
    delivery,
    deployments,
    until,
    checked,
    letFollowUpsPass: async (id) => {
      for (const ms of [6_000, 30_000, 120_000]) {
        await checked();
        clock.skip(ms);
      }
      await until('the push has its end', async () =>
        (await delivery(id)).pushes.every(({ results }) =>
          results.every(({ state }) => state === 'done'),
        ),
      );
    },
    ended: async (service, count = 1) =>
      until(`${count} deployments of ${service} have ended`, async () => {
        const all = await deployments(service);
        const isOver = all.length >= count && all.every(({ state }) => ENDED.includes(state));
        return isOver ? (all.at(-1) ?? null) : null;
      }),
    heads: (repository) =>
      registry.count({
        method: 'HEAD',
        kind: 'manifest',
        ...(repository === undefined ? {} : { repository }),
      }),
    close: async () => {
      for (const one of running) await one.stop();
      clock.stop();
      await Promise.all([registries.close(), ...clusters.map((cluster) => cluster.close())]);
      await store.close();
      await registry.close();
      for (const each of Object.values(engines)) await each.close();
      rmSync(folder, { recursive: true });
    },
  };
};
