import type { AcceptedDelivery, NewDelivery } from '../core/delivery.ts';
import type { Cluster } from '../core/cluster.ts';
import type { Selection } from '../core/labels.ts';
import type { Log } from '../core/log.ts';
import type { NoticeChannel } from '../core/notice.ts';
import { createIntakeWriter, type IntakeOptions } from '../store/accept-delivery.ts';
import type { Changes } from '../store/changes.ts';
import type { Durability } from '../store/durability.ts';
import { endUnconfigured } from '../store/end-unconfigured.ts';
import { addEvent } from '../store/events.ts';
import { releaseLooks } from '../store/looks.ts';
import type { Db, Store } from '../store/open-store.ts';
import { prune, type Retention } from '../store/prune.ts';
import { replayDelivery } from '../store/replay-delivery.ts';
import { createServiceActs, type ServiceActs } from './acts.ts';
import { type ClusterHealth, createClusterHealth } from './cluster-health.ts';
import { createClusterWork } from './cluster-work.ts';
import { createFreezeActs, type FreezeActs } from './freeze-acts.ts';
import { keepTrying } from './loop/keep-trying.ts';
import { runLoop } from './loop/run-loop.ts';
import { keepNotifying } from './notify.ts';
import { createNotifyTest, type TestNotifications } from './notify-test.ts';
import type { Clock, Registries } from './ports.ts';
import { keepSchedule, type ScheduleOptions } from './schedule.ts';
import type { Shortcuts } from './shortcuts/shortcuts.ts';
import { createSmartRedeploy, type SmartRedeploy } from './smart-redeploy.ts';

export type WorkOptions = {
  readonly clusters: readonly {
    readonly cluster: Cluster;
    readonly select: Selection;
    readonly maxParallel: number;
  }[];
  readonly registries: Registries;
  /** What the id of the container that we run in may be, or begin with; none outside of one. */
  readonly ownContainerIds?: readonly string[];
  readonly db: Db;
  readonly durability: Durability;
  readonly tryToWrite: Store['tryToWrite'];
  /** Has a function called whenever something was written to the store. */
  readonly onChange: Changes['onChange'];
  readonly clock: Clock;
  /** Ids that sort by time. */
  readonly newId: () => string;
  /** 0 to 1. */
  readonly random: () => number;
  readonly log: Log;
  /** Why SmartRedeploy is to leave a registry alone for now, or null. */
  readonly spentBudget: (host: string) => string | null;
  readonly retention: Retention;
  /** All unless told otherwise. */
  readonly shortcuts?: Shortcuts;
  /** Who is told of what has ended. */
  readonly notifications?: readonly NoticeChannel[];
  readonly schedule: ScheduleOptions;
};

/** Everything that the helper does by itself, and what it can be asked to do. */
export type Work = {
  readonly acceptDelivery: (delivery: NewDelivery) => Promise<AcceptedDelivery>;
  /** Rejects where a delivery could not be stored now; nothing of it stays. */
  readonly rehearseDelivery: () => Promise<void>;
  readonly smartRedeploy: SmartRedeploy;
  readonly acts: ServiceActs & FreezeActs & { readonly testNotifications: TestNotifications };
  /** Lets a delivery's pushes be looked at once more; null where there is no such delivery. */
  readonly replay: (delivery: string) => Promise<number | null>;
  readonly health: ClusterHealth;
  /**
   * Works until the signal is aborted, and resolves when all has stopped where the next start takes it
   * up. Rejects with `SameSwarm` where clusters turn out to be one.
   */
  readonly run: (signal: AbortSignal) => Promise<void>;
};

const PRUNE_EVERY_MS = 3_600_000;

export const createWork = (options: WorkOptions): Work => {
  const { db, clock, log, newId } = options;
  const channels = options.notifications ?? [];
  const works = new Map(
    options.clusters.map((one) => [one.cluster.name, createClusterWork({ ...options, ...one })]),
  );
  const wake = (cluster: string): void => works.get(cluster)?.wake();
  const intake: IntakeOptions = {
    clusters: [...works.keys()],
    now: clock.now,
    lastLookAt: (cluster, name) => works.get(cluster)?.lastLookAt(name) ?? null,
    onWork: (clusters) => {
      for (const cluster of clusters) works.get(cluster)?.wakeLooks();
    },
  };
  const { accept, rehearse } = createIntakeWriter(options, intake);
  const smartRedeploy = createSmartRedeploy({ ...options, wake });
  const health = createClusterHealth({
    clusters: options.clusters.map(({ cluster }) => cluster),
    clock,
    log,
    changed: (cluster) => addEvent(db, 'cluster', cluster),
  });

  const pruneHistory = async (): Promise<number> => {
    const removed = await prune(db, options.retention, clock.now());
    if (removed > 0) log.info('history pruned', { removed });
    return PRUNE_EVERY_MS;
  };

  /** Leaves the store as the work wants to find it. */
  const tidyUp = async (): Promise<void> => {
    const left = await endUnconfigured(db, [...works.keys()], clock.now());
    if (left.clusters.length > 0) {
      log.warn('what waited is given up: its cluster is no longer configured', left);
    }
    await releaseLooks(db, clock.now());
  };

  return {
    smartRedeploy,
    health,
    acts: {
      ...createServiceActs({ ...options, newId, wake }),
      ...createFreezeActs({ db, clock, newId, wake, clusters: [...works.keys()] }),
      testNotifications: createNotifyTest({ channels, db, clock, newId }),
    },
    replay: (delivery) => replayDelivery(options.durability, intake, delivery),
    acceptDelivery: accept,
    rehearseDelivery: rehearse,
    run: async (outer) => {
      const ended = new AbortController();
      const signal = AbortSignal.any([outer, ended.signal]);
      await keepTrying({ clock, log }, 'what the process before left', tidyUp, signal);
      // Only what no retry can help ends one of them, and with it the rest.
      const parts = [
        ...[...works.values()].map((work) => work.run(signal)),
        smartRedeploy.run(signal),
        keepSchedule(
          {
            ...options.schedule,
            db,
            clock,
            random: options.random,
            log,
            start: smartRedeploy.start,
          },
          signal,
        ),
        health.run(signal),
        runLoop(
          { clock, log },
          { name: 'pruning', meaning: 'old history is kept for longer', round: pruneHistory },
          signal,
        ),
        keepNotifying({ ...options, channels, keepMs: options.retention.ageMs }, signal),
      ];
      try {
        await Promise.all(parts);
      } finally {
        ended.abort();
        await Promise.allSettled(parts);
      }
    },
  };
};
