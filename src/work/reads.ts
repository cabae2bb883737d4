import type { HookLimits } from '../core/delivery.ts';
import type { Log } from '../core/log.ts';
import type { Reads as ShownReads } from '../core/reads.ts';
import type { ServiceFilter } from '../core/list-filters.ts';
import type { ServiceView, StoreView } from '../core/views.ts';
import { listActions } from '../store/actions.ts';
import { listFreezes } from '../store/freezes.ts';
import type { Db } from '../store/open-store.ts';
import { readLookUps } from '../store/published.ts';
import { listDeliveries, readDelivery } from '../store/read-deliveries.ts';
import { listDeployments, readDeployment } from '../store/read-deployments.ts';
import { listRuns, readRun } from '../store/read-runs.ts';
import { secretUses } from '../store/secret-uses.ts';
import type { ClusterHealth } from './cluster-health.ts';
import { askedRegistries } from './asked-registries.ts';
import { type InspectDeps, inspectServices, pageOfServices } from './inspect.ts';
import type { Quota } from './pull-budget.ts';
import { readQueue } from './read-queue.ts';

export type ReadsDeps = {
  readonly clusters: InspectDeps['clusters'];
  readonly db: Db;
  readonly quotas: () => readonly Quota[];
  /** Hosts of which every new index counts. */
  readonly followsIndex?: (host: string) => boolean;
  readonly health: Pick<ClusterHealth, 'list' | 'hear'>;
  readonly store: () => StoreView;
  /** Those that are configured. */
  readonly hookSecrets: readonly (HookLimits & { readonly name: string })[];
  /** ms since the epoch. */
  readonly now: () => number;
  readonly log: Log;
};

/** Everything that can be asked without anything being done. */
export type Reads = Required<ShownReads>;

const TIMEOUT_MS = 30_000;

export const createReads = (deps: ReadsDeps): Reads => {
  const { db, now } = deps;
  const clusters = deps.clusters.map(({ cluster }) => cluster.name);
  const inspect = (filter: ServiceFilter): Promise<ServiceView[]> =>
    inspectServices({ ...deps, hear: deps.health.hear }, filter, AbortSignal.timeout(TIMEOUT_MS));
  return {
    listServices: async (filter, page) => pageOfServices(await inspect(filter), page),
    readService: async (cluster, name) => {
      if (!clusters.includes(cluster)) return null;
      const services = await inspect({ cluster });
      return services.find((service) => service.name === name || service.id === name) ?? null;
    },
    listDeployments: (filter, page) => listDeployments(db, filter, page),
    readDeployment: (id) => readDeployment(db, id),
    listDeliveries: (filter, page) => listDeliveries(db, filter, page),
    readDelivery: (id) => readDelivery(db, id),
    listRuns: (page) => listRuns(db, page),
    readRun: (id) => readRun(db, id),
    readStore: async () => deps.store(),
    listClusters: async () => deps.health.list(),
    listRegistries: async () => askedRegistries(await readLookUps(db), deps.quotas()),
    listQueue: () => readQueue(db, clusters, now()),
    listHookSecrets: async () => {
      const uses = await secretUses(db);
      return deps.hookSecrets.map(({ name, senders, clusters: to, repositories }) => ({
        name,
        senders,
        clusters: to,
        repositories,
        lastUsedAt: uses.get(name)?.lastAt ?? null,
        deliveries: uses.get(name)?.deliveries ?? 0,
      }));
    },
    listFreezes: (page) => listFreezes(db, page, now()),
    listActions: (page) => listActions(db, page),
  };
};
