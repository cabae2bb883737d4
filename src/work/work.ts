import type { ApprovalLinks } from '../core/policy/approvals/approval-links.ts';
import { randomBytes } from 'node:crypto';
import type { AcceptedDelivery, NewDelivery } from '../core/contract/delivery.ts';
import { endUnconfigured } from '../store/deployments/end-unconfigured.ts';
import { addEvent } from '../store/notices/events.ts';
import type { Instance } from '../store/leases/instances.ts';
import { LeaseLost } from '../store/query/lease-lost.ts';
import { readLeases } from '../store/leases/leases.ts';
import type { Db } from '../store/sqlite/open-store.ts';
import { prune } from '../store/prune/prune.ts';
import { createServiceActs, type ServiceActs } from './acts/acts.ts';
import { createDecideActs, type DecideActs } from './approvals/decide-acts.ts';
import { keepTellingGates } from './approvals/keep-telling.ts';
import { createApprovalLinks } from './approvals/links.ts';
import { withLinks } from './approvals/with-links.ts';
import { type ClusterHealth, createClusterHealth } from './cluster/cluster-health.ts';
import { createStuckUpdates } from './cluster/stuck-updates.ts';
import { type ClusterWork, createClusterWork } from './cluster-work.ts';
import { createFreezeActs, type FreezeActs } from './acts/freeze-acts.ts';
import type { Hold } from './leases/lease.ts';
import { createLeases, type Leases, type LeaseWork } from './leases/leases.ts';
import { aborted } from './loop/aborted.ts';
import { keepTrying } from './loop/keep-trying.ts';
import { announceHealth } from './health/announce-health.ts';
import { createHealthWatch, type HealthWatch } from './health/health-watch.ts';
import { keepReporting } from './forge/keep-reporting.ts';
import { hearOthers } from './loop/hear-others.ts';
import { runLoop } from './loop/run-loop.ts';
import { keepNotifying } from './notify/notify.ts';
import { wantsHealth } from './notify/notify-filter.ts';
import { createNotifyTest, type TestNotifications } from './notify/notify-test.ts';
import { keepSchedule } from './runs/schedule.ts';
import { createSmartRedeploy, type SmartRedeploy } from './runs/smart-redeploy.ts';
import type { WorkOptions } from './work-options.ts';

/** Everything that the helper does automatically, and what it can be asked to do. */
export type Work = {
  readonly acceptDelivery: (delivery: NewDelivery) => Promise<AcceptedDelivery>;
  /** Rejects if a delivery could not be stored now. Leaves nothing behind. */
  readonly rehearseDelivery: () => Promise<void>;
  readonly smartRedeploy: SmartRedeploy;
  readonly acts: ServiceActs &
    DecideActs &
    FreezeActs & { readonly testNotifications: TestNotifications };
  /** One-time links of notifications. */
  readonly links: ApprovalLinks;
  /** Has a delivery's pushes checked once more. Resolves with their number, or null if there is no such delivery. */
  readonly replay: (delivery: string) => Promise<number | null>;
  /** The state of the clusters. */
  readonly health: ClusterHealth;
  /** The health of services. */
  readonly healthWatch: HealthWatch;
  /** What this instance works on. */
  readonly leases: Pick<Leases, 'held' | 'takeOvers'>;
  /**
   * Works until the signal is aborted, and resolves when everything has stopped where the next start continues.
   * Rejects with `SameSwarm` if two clusters turn out to be one.
   */
  readonly run: (signal: AbortSignal) => Promise<void>;
};

/** Prefix of the lease for a cluster's work. */
const CLUSTER = 'cluster:';
/** Tests with a single process need not name it. */
const ONLY_ONE: Instance = { id: 'only', host: '', version: '' };
const PRUNE_EVERY_MS = 3_600_000;

export const createWork = (options: WorkOptions): Work => {
  const { db, clock, log, newId } = options;
  const channels = options.notifications ?? [];
  const { instance = ONLY_ONE } = options;
  const stuck = createStuckUpdates(clock.monotonic);
  const leases = createLeases({
    ...options,
    fence: options.fence ?? null,
    instance,
    ...(options.onStoreTime === undefined ? {} : { onTime: options.onStoreTime }),
    ...(options.storeTime === undefined ? {} : { time: options.storeTime }),
  });
  const names = options.clusters.map(({ cluster }) => cluster.name);
  /** The work of clusters whose lease this instance holds. */
  const works = new Map<string, ClusterWork>();
  const wake = (cluster: string): void => works.get(cluster)?.wake();
  const intake = options.openIntake({
    clusters: names,
    now: clock.now,
    onWork: (clusters) => {
      for (const cluster of clusters) works.get(cluster)?.wakeChecks();
    },
  });
  const smartRedeploy = createSmartRedeploy({
    ...options,
    stuck,
    wake,
    instanceId: instance.id,
  });
  const health = createClusterHealth({
    clusters: options.clusters.map(({ cluster }) => cluster),
    clock,
    log,
    changed: (cluster) => addEvent(db, 'cluster', cluster),
  });

  let ringChannels = (): void => {};
  let ringForges = (): void => {};
  /** Where this instance records the news about the health of services; null while it does not hold that lease. */
  let healthNews: Db | null = null;
  const announce = { channels, clock, newId };
  const healthWatch = createHealthWatch({
    clusters: options.clusters.map(({ cluster }) => cluster),
    db,
    clock,
    log,
    changed: (cluster, { id, name, stack }, { health: is, reason }) =>
      addEvent(db, 'health', { cluster, service: { id, name }, stack, health: is, reason }),
    observed: async (cluster, known) => {
      if (healthNews === null) return;
      const told = await announceHealth({ ...announce, db: healthNews }, cluster, known);
      if (told > 0) ringChannels();
    },
  });

  const decide = createDecideActs({
    clusters: options.clusters.map(({ cluster }) => cluster),
    db,
    clock,
    newId,
    wake,
  });
  const linkDeps = {
    db,
    clock,
    publicUrl: options.publicUrl ?? null,
    randomBytes,
  };

  /** What other instances work on, of one kind. Their configuration may differ from ours. */
  const ofOthers = async (query: Db, kind: string): Promise<readonly string[]> => {
    const { leases: all } = await readLeases(query, options.storeTime);
    return all.flatMap(({ name, holder }) =>
      holder !== null && name.startsWith(kind) ? [name.slice(kind.length)] : [],
    );
  };

  const workOnCluster =
    (one: WorkOptions['clusters'][number]): LeaseWork =>
    async (lease, signal) => {
      const { name } = one.cluster;
      // What this work remembers may be out of date, so each lease starts with new work.
      const work = createClusterWork({ ...options, ...one, stuck, db: lease.db, lease });
      works.set(name, work);
      await work.run(signal).finally(() => works.delete(name));
    };

  const keepPruning: LeaseWork = async ({ db: held }, signal) => {
    const endGone = async (): Promise<void> => {
      const known = [...names, ...(await ofOthers(held, CLUSTER))];
      const left = await endUnconfigured(held, known, clock.now());
      if (left.clusters.length > 0) {
        log.warn('waiting work dropped: its cluster is no longer configured', left);
      }
    };
    await keepTrying({ clock, log }, 'waiting work of removed clusters', endGone, signal);
    const round = async (): Promise<number> => {
      const removed = await prune(held, options.retention, clock.now());
      if (removed > 0) log.info('history pruned', { removed });
      return PRUNE_EVERY_MS;
    };
    const meaning = 'old history is kept for longer';
    await runLoop({ clock, log }, { name: 'pruning', meaning, round }, signal);
  };

  const schedule: LeaseWork = async (lease, signal) => {
    const start: SmartRedeploy['start'] = async (...asked) => {
      if (!(await lease.mayAct())) throw new LeaseLost(lease.name);
      return smartRedeploy.start(...asked);
    };
    const { random, isNew = false } = options;
    const deps = { ...options.schedule, db: lease.db, clock, random, log, start, isNew };
    await keepSchedule(deps, signal);
  };

  /** If a channel gets messages about health, this instance observes the services. */
  const tellHealth: LeaseWork = async (lease, signal) => {
    if (!channels.some(wantsHealth)) return;
    const leave = healthWatch.want();
    healthNews = lease.db;
    await aborted(signal);
    healthNews = null;
    leave();
  };

  return {
    smartRedeploy,
    health,
    healthWatch,
    acts: {
      ...createServiceActs({ ...options, newId, wake, stuck }),
      ...decide,
      ...createFreezeActs({ db, clock, newId, wake, clusters: names }),
      testNotifications: createNotifyTest({ ...linkDeps, channels, newId }),
    },
    links: createApprovalLinks({ db, clock, acts: decide }),
    replay: intake.replay,
    acceptDelivery: intake.accept,
    rehearseDelivery: intake.rehearse,
    leases,
    run: async (outer) => {
      const ended = new AbortController();
      const signal = AbortSignal.any([outer, ended.signal]);
      const hold = (name: string, work: LeaseWork): Promise<void> =>
        leases.hold(name, work, signal);
      const holdDb: Hold = (name, work) => hold(name, (lease, held) => work(lease.db, held));
      const keepMs = options.retention.ageMs;
      const heard = (): void => {
        leases.wake();
        smartRedeploy.wake();
        for (const work of works.values()) work.wake();
        ringChannels();
        ringForges();
      };
      const { others } = options;
      // Only an error that no retry can fix ends one of these parts, and with it all others.
      const parts = [
        ...options.clusters.map((one) => hold(CLUSTER + one.cluster.name, workOnCluster(one))),
        holdDb('runs', smartRedeploy.run),
        hold('schedule', schedule),
        hold('pruning', keepPruning),
        hold('health', tellHealth),
        ...(others === undefined ? [] : [hearOthers({ db, clock, log, others, heard }, signal)]),
        health.run(signal),
        healthWatch.run(signal),
        keepNotifying(
          {
            ...options,
            channels,
            keepMs,
            hold: holdDb,
            othersChannels: (held) => ofOthers(held, 'channel:'),
            onLeft: (ring) => {
              ringChannels = ring;
            },
            prepare: (channel, message) => withLinks(linkDeps, channel, message),
          },
          signal,
        ),
        holdDb('gate-news', (held, until) =>
          keepTellingGates(
            {
              ...options,
              db: held,
              channels,
              forges: options.forges ?? [],
              keepMs,
              onLeft: () => ringChannels(),
            },
            until,
          ),
        ),
        keepReporting(
          {
            ...options,
            forges: options.forges ?? [],
            publicUrl: options.publicUrl ?? null,
            keepMs,
            hold: holdDb,
            othersForges: (held) => ofOthers(held, 'forge:'),
            onLeft: (ring) => {
              ringForges = ring;
            },
          },
          signal,
        ),
      ];
      // Leases stop last: the other parts need them until they have stopped.
      const stopped = new AbortController();
      const keeping = leases.run(stopped.signal);
      try {
        await Promise.all(parts);
      } finally {
        ended.abort();
        await Promise.allSettled(parts);
        stopped.abort();
        await keeping;
      }
    },
  };
};
