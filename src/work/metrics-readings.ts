import { collectDefaultMetrics, Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { Log } from '../core/log.ts';
import { type ClusterView, OPEN_STATES, type StoreView } from '../core/views.ts';
import type { Changes } from '../store/changes.ts';
import { countDeploymentEnds, takeVerified } from '../store/events.ts';
import type { Db } from '../store/open-store.ts';
import { countOpenDeployments, lookQueue, pushQueue } from '../store/queue-depth.ts';
import type { InspectDeps } from './inspect.ts';
import type { DriftBook } from './metrics-drift.ts';
import { OTHER } from './metrics-label-limit.ts';
import type { Clock } from './ports.ts';
import type { Quota } from './pull-budget.ts';

export type Readings = {
  readonly clusters: InspectDeps['clusters'];
  readonly db: Db;
  /** Has a function called whenever something was written to the store. */
  readonly onChange: Changes['onChange'];
  readonly version: { readonly version: string; readonly revision: string | null };
  readonly health: () => readonly ClusterView[];
  readonly store: () => StoreView;
  /** Log lines that were lost so far because nobody took them. */
  readonly droppedLogLines: () => number;
  readonly quotas: () => readonly Quota[];
  readonly drift: DriftBook['read'];
  /** Keeps the label `registry` few. */
  readonly limitHost: (host: string) => string;
  readonly clock: Clock;
  readonly log: Log;
};

type Sample = readonly [labels: Readonly<Record<string, string>>, value: number];

const FINAL_STATES = ['succeeded', 'failed', 'rolled-back', 'superseded', 'skipped'] as const;
/** A tag is verified some seconds after its push at best; a slow service takes minutes. */
const VERIFIED_BUCKETS = [1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1_800, 3_600];
/** Gauges whose names end as counters' must, which Prometheus' own check finds fault with. */
const MISNAMED = /^nodejs_active_\w+_total$/;

/** Registers what is read when it is scraped. */
export const registerReadings = (registry: Registry, deps: Readings): void => {
  const { db } = deps;
  const { now } = deps.clock;
  const clusters = deps.clusters.map(({ cluster }) => cluster.name);
  collectDefaultMetrics({ register: registry });
  for (const { name } of registry.getMetricsAsArray()) {
    if (MISNAMED.test(name)) registry.removeSingleMetric(name);
  }

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
        // A gauge that is missing is noticed, and the others are shown.
        const samples = await Promise.resolve(read()).catch((error: unknown) => {
          deps.log.error('metric not read', { metric: name, error });
          return [];
        });
        one.reset();
        for (const [labels, value] of samples) one.set(labels, value);
      },
    });
  };

  const age = (at: number | null): number => (at === null ? 0 : Math.max(now() - at, 0) / 1000);
  /** Every cluster has its sample, also where nothing waits. */
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
  gauge(
    'cd_helper_cluster_up',
    'Whether the cluster answered when it was asked last.',
    ['cluster'],
    () =>
      deps
        .health()
        .flatMap(({ name, state }): Sample[] =>
          state === 'unknown' ? [] : [[{ cluster: name }, state === 'up' ? 1 : 0]],
        ),
  );
  gauge(
    'cd_helper_store_writable',
    'Whether what is accepted can be put on disk; hooks are refused where it cannot.',
    [],
    () => [[{}, deps.store().state === 'writable' ? 1 : 0]],
  );
  gauge('cd_helper_looks_waiting', 'Looks that wait or are under way.', ['cluster'], async () =>
    perCluster(await lookQueue(db, now()), (row) => row?.looks ?? 0),
  );
  gauge(
    'cd_helper_oldest_look_age_seconds',
    'How long the oldest look has been due; 0 where none is.',
    ['cluster'],
    async () => perCluster(await lookQueue(db, now()), (row) => age(row?.oldestLookAt ?? null)),
  );
  gauge(
    'cd_helper_pushes_waiting',
    'Pushes that were not carried to their end.',
    ['cluster'],
    async () => perCluster(await pushQueue(db), (row) => row?.pushes ?? 0),
  );
  gauge(
    'cd_helper_oldest_push_age_seconds',
    'How long ago the oldest push came that waits, and not for a thaw; 0 where none does.',
    ['cluster'],
    async () => perCluster(await pushQueue(db), (row) => age(row?.oldestPushAt ?? null)),
  );
  gauge(
    'cd_helper_deployments_open',
    'Deployments that are not at their end, by state.',
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
    'When the verdicts of the services were told last.',
    ['cluster'],
    () => [...deps.drift()].map(([cluster, { at }]) => [{ cluster }, at / 1000]),
  );
  const quota = (value: (one: Quota) => number) => (): readonly Sample[] =>
    deps.quotas().flatMap((one): Sample[] => {
      const host = deps.limitHost(one.host);
      return host === OTHER ? [] : [[{ registry: host }, value(one)]];
    });
  gauge(
    'cd_helper_registry_pulls_limit',
    'Pulls that a registry allows in its window, where it tells.',
    ['registry'],
    quota(({ limit }) => limit),
  );
  gauge(
    'cd_helper_registry_pulls_remaining',
    'Pulls that a registry still allows, as it told last.',
    ['registry'],
    quota(({ remaining }) => remaining),
  );

  const ends: Counter = new Counter({
    name: 'cd_helper_deployments_total',
    help: 'Deployments that came to their end since the helper started, by final state.',
    labelNames: ['cluster', 'state'],
    registers: [registry],
    collect: async () => {
      const counted = await countDeploymentEnds(db);
      ends.reset();
      for (const cluster of clusters) {
        for (const state of FINAL_STATES) ends.inc({ cluster, state }, 0);
      }
      for (const { cluster, state, count } of counted) ends.inc({ cluster, state }, count);
    },
  });
  const droppedLines: Counter = new Counter({
    name: 'cd_helper_log_lines_dropped_total',
    help: 'Log lines that were lost because nobody read them or their disk was full.',
    registers: [registry],
    collect: () => {
      droppedLines.reset();
      droppedLines.inc(deps.droppedLogLines());
    },
  });
  const verified: Histogram = new Histogram({
    name: 'cd_helper_push_to_verified_seconds',
    help: 'From the first hook of a push to the verified end of each deployment that it led to.',
    labelNames: ['cluster'],
    buckets: VERIFIED_BUCKETS,
    registers: [registry],
    collect: async () => {
      for (const { cluster, seconds } of await takeVerified(db)) {
        verified.observe({ cluster }, seconds);
      }
    },
  });
  for (const cluster of clusters) verified.zero({ cluster });
};
