import { collectDefaultMetrics, Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { HEALTH_NAMES } from '../../core/health/health.ts';
import type { Log } from '../../core/log.ts';
import { type ClusterView, OPEN_STATES, type StoreView } from '../../core/contract/views.ts';
import type { Changes } from '../../store/query/changes.ts';
import { countDeploymentEnds, takeVerified } from '../../store/notices/events.ts';
import { countWaiting } from '../../store/gates/count-waiting.ts';
import type { Db } from '../../store/sqlite/open-store.ts';
import {
  countOpenDeployments,
  checkQueue,
  pushQueue,
} from '../../store/deployments/queue-depth.ts';
import type { Gating } from '../gates/gating.ts';
import type { Leases } from '../leases/leases.ts';
import type { HealthWatch } from '../health/health-watch.ts';
import type { InspectDeps } from '../reads/inspect.ts';
import type { StoreServer } from '../../store/query/store-server.ts';
import { registerStoreServer } from './metrics-store-server.ts';
import type { DriftBook } from './metrics-drift.ts';
import { OTHER } from './metrics-label-limit.ts';
import type { Clock } from '../loop/clock.ts';
import type { Quota } from '../lookups/pull-budget.ts';
import { FINAL_STATES } from '../../core/contract/final-state.ts';

export type Readings = {
  readonly clusters: InspectDeps['clusters'];
  /** Gates from the configuration. Default: none. */
  readonly gating?: Gating;
  readonly db: Db;
  /** Registers a function to call after each write to the store. */
  readonly onChange: Changes['onChange'];
  readonly version: { readonly version: string; readonly revision: string | null };
  readonly health: () => readonly ClusterView[];
  /** The health of services. */
  readonly watch: Pick<HealthWatch, 'known' | 'wantForScrapes'>;
  readonly store: () => StoreView;
  /** What this instance works on. */
  readonly leases: Pick<Leases, 'held' | 'takeOvers'>;
  /** The database server of the store; null for a file. */
  readonly storeServer?: StoreServer | null;
  /** Log lines lost so far because standard output did not accept them. */
  readonly droppedLogLines: () => number;
  readonly quotas: () => readonly Quota[];
  readonly drift: DriftBook['read'];
  /** Bounds the values of the label `registry`. */
  readonly limitHost: (host: string) => string;
  readonly clock: Clock;
  readonly log: Log;
};

type Sample = readonly [labels: Readonly<Record<string, string>>, value: number];

/** A tag is verified some seconds after its push at best. A slow service takes minutes. */
const VERIFIED_BUCKETS = [1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1_800, 3_600];
/** If more fail at one time, they share one cause, and more series would not help. */
const MOST_FAILING = 50;
/** Gauges with names that end like a counter's. Prometheus' own linter rejects them. */
const MISNAMED = /^nodejs_active_\w+_total$/;

/** Registers the metrics that are read at scrape time. */
export const registerReadings = (registry: Registry, deps: Readings): void => {
  const { db } = deps;
  const { now } = deps.clock;
  const clusters = deps.clusters.map(({ cluster }) => cluster.name);
  collectDefaultMetrics({ register: registry });
  for (const { name } of registry.getMetricsAsArray()) {
    if (MISNAMED.test(name)) registry.removeSingleMetric(name);
  }

  /** Null if the read fails: one missing metric is noticeable, and the others still show. */
  const orNothing = async <T>(metric: string, read: () => Promise<T>): Promise<T | null> => {
    try {
      return await read();
    } catch (error) {
      deps.log.error('metric not read', { metric, error });
      return null;
    }
  };
  const gauge = (
    name: string,
    help: string,
    labelNames: readonly string[],
    read: () => Promise<readonly Sample[]> | readonly Sample[],
  ): void => {
    const one: Gauge = new Gauge({
      name,
      help,
      labelNames,
      registers: [registry],
      collect: async () => {
        const samples = await orNothing(name, async () => read());
        one.reset();
        for (const [labels, value] of samples ?? []) one.set(labels, value);
      },
    });
  };

  const age = (at: number | null): number => (at === null ? 0 : Math.max(now() - at, 0) / 1000);
  /** One sample per cluster, also if nothing waits there. */
  const perCluster = <T extends { readonly cluster: string }>(
    rows: readonly T[],
    value: (row: T | undefined) => number,
  ): Sample[] =>
    clusters.map((cluster) => [{ cluster }, value(rows.find((row) => row.cluster === cluster))]);

  const { version, revision } = deps.version;
  gauge(
    'cd_helper_build_info',
    'Always 1; its labels tell what runs.',
    ['version', 'revision'],
    () => [[{ version, revision: revision ?? '' }, 1]],
  );
  gauge('cd_helper_cluster_up', 'Whether the cluster answered the last request.', ['cluster'], () =>
    deps
      .health()
      .flatMap(({ name, state }): Sample[] =>
        state === 'unknown' ? [] : [[{ cluster: name }, state === 'up' ? 1 : 0]],
      ),
  );
  gauge(
    'cd_helper_store_writable',
    'Whether the store is writable; webhooks are refused if it is not.',
    [],
    () => [[{}, deps.store().state === 'writable' ? 1 : 0]],
  );
  gauge(
    'cd_helper_lease_held',
    'Whether this instance holds the lease; exactly one instance of a store should.',
    ['name'],
    () => [...deps.leases.held()].map(([name, isHeld]) => [{ name }, isHeld ? 1 : 0]),
  );
  const takeOvers: Counter = new Counter({
    name: 'cd_helper_lease_takeovers_total',
    help: 'Leases taken over because their holder had stopped renewing them.',
    labelNames: ['name'],
    registers: [registry],
    collect: () => {
      takeOvers.reset();
      for (const name of deps.leases.held().keys()) takeOvers.inc({ name }, 0);
      for (const [name, count] of deps.leases.takeOvers()) takeOvers.inc({ name }, count);
    },
  });
  const { storeServer = null } = deps;
  if (storeServer !== null) registerStoreServer(registry, storeServer);
  gauge('cd_helper_checks_waiting', 'Checks that wait or are running.', ['cluster'], async () =>
    perCluster(await checkQueue(db, now()), (row) => row?.checks ?? 0),
  );
  gauge(
    'cd_helper_oldest_check_age_seconds',
    'How long the oldest check has been due; 0 if there is none.',
    ['cluster'],
    async () => perCluster(await checkQueue(db, now()), (row) => age(row?.oldestCheckAt ?? null)),
  );
  gauge('cd_helper_pushes_waiting', 'Pushes that are not finished.', ['cluster'], async () =>
    perCluster(await pushQueue(db), (row) => row?.pushes ?? 0),
  );
  gauge(
    'cd_helper_oldest_push_age_seconds',
    'Age of the oldest waiting push, except those that wait for a thaw; 0 if there is none.',
    ['cluster'],
    async () => perCluster(await pushQueue(db), (row) => age(row?.oldestPushAt ?? null)),
  );
  gauge(
    'cd_helper_deployments_open',
    'Deployments that are not finished, by state.',
    ['cluster', 'state'],
    async () => {
      const open = await countOpenDeployments(db);
      return clusters.flatMap((cluster) =>
        OPEN_STATES.map((state): Sample => {
          const found = open.find((row) => row.cluster === cluster && row.state === state);
          return [{ cluster, state }, found?.count ?? 0];
        }),
      );
    },
  );
  gauge(
    'cd_helper_services',
    'Services by verdict, by what the registries answered last.',
    ['cluster', 'verdict'],
    () =>
      [...deps.drift()].flatMap(([cluster, { counts }]) =>
        Object.entries(counts).map(([verdict, count]): Sample => [{ cluster, verdict }, count]),
      ),
  );
  gauge(
    'cd_helper_services_counted_timestamp_seconds',
    'When the verdicts of the services were last determined.',
    ['cluster'],
    () => [...deps.drift()].map(([cluster, { at }]) => [{ cluster }, at / 1000]),
  );
  gauge('cd_helper_waiting', 'Services that wait at a gate.', ['cluster', 'gate'], async () =>
    (await countWaiting(db, clusters)).map(({ cluster, gate, services }) => [
      { cluster, gate },
      services,
    ]),
  );
  gauge(
    'cd_helper_oldest_waiting_age_seconds',
    'How long the longest-waiting service has waited at a gate; 0 if none waits.',
    ['cluster', 'gate'],
    async () =>
      (await countWaiting(db, clusters)).map(({ cluster, gate, oldestSince }) => [
        { cluster, gate },
        age(oldestSince),
      ]),
  );
  gauge(
    'cd_helper_services_by_health',
    'Services by health, observed while this is scraped.',
    ['cluster', 'health'],
    () => {
      deps.watch.wantForScrapes();
      return [...deps.watch.known()].flatMap(([cluster, known]) => {
        const names = [...known.values()].map(({ health }) => health.health);
        return HEALTH_NAMES.map(
          (health): Sample => [{ cluster, health }, names.filter((name) => name === health).length],
        );
      });
    },
  );
  gauge(
    'cd_helper_service_failing',
    `1 for each service that is failing, with the reason; at most ${MOST_FAILING} of a cluster.`,
    ['cluster', 'service', 'reason'],
    () =>
      [...deps.watch.known()].flatMap(([cluster, known]) =>
        [...known.values()]
          .filter(({ health }) => health.health === 'failing')
          .slice(0, MOST_FAILING)
          .map(
            ({ service, health }): Sample => [
              { cluster, service: service.name, reason: health.reason ?? '' },
              1,
            ],
          ),
      ),
  );
  const quota = (value: (one: Quota) => number) => (): readonly Sample[] =>
    deps.quotas().flatMap((one): Sample[] => {
      const host = deps.limitHost(one.host);
      return host === OTHER ? [] : [[{ registry: host }, value(one)]];
    });
  gauge(
    'cd_helper_registry_pulls_limit',
    'Pulls that a registry allows in its window, if it reports that.',
    ['registry'],
    quota(({ limit }) => limit),
  );
  gauge(
    'cd_helper_registry_pulls_remaining',
    'Pulls that a registry still allows, as last reported.',
    ['registry'],
    quota(({ remaining }) => remaining),
  );

  const ends: Counter = new Counter({
    name: 'cd_helper_deployments_total',
    help: 'Deployments that ended since the helper started, by final state.',
    labelNames: ['cluster', 'state'],
    registers: [registry],
    collect: async () => {
      const counted = await orNothing('cd_helper_deployments_total', () => countDeploymentEnds(db));
      // Keep the old value: a counter never goes back.
      if (counted === null) return;
      ends.reset();
      for (const cluster of clusters) {
        for (const state of FINAL_STATES) ends.inc({ cluster, state }, 0);
      }
      for (const { cluster, state, count } of counted) ends.inc({ cluster, state }, count);
    },
  });
  const droppedLines: Counter = new Counter({
    name: 'cd_helper_log_lines_dropped_total',
    help: 'Log lines that were lost because nobody read them or the disk was full.',
    registers: [registry],
    collect: () => {
      droppedLines.reset();
      droppedLines.inc(deps.droppedLogLines());
    },
  });
  const verified: Histogram = new Histogram({
    name: 'cd_helper_push_to_verified_seconds',
    help: 'From the first webhook of a push to the verified end of each of its deployments.',
    labelNames: ['cluster'],
    buckets: VERIFIED_BUCKETS,
    registers: [registry],
    collect: async () => {
      const name = 'cd_helper_push_to_verified_seconds';
      const times = await orNothing(name, () => takeVerified(db));
      for (const { cluster, seconds } of times ?? []) verified.observe({ cluster }, seconds);
    },
  });
  for (const cluster of clusters) verified.zero({ cluster });
};
