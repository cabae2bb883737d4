import type { HookLimits } from '../../core/contract/delivery.ts';
import type { Log } from '../../core/log.ts';
import type { Reads } from '../../core/contract/reads.ts';
import type { ServiceFilter } from '../../core/contract/list-filters.ts';
import type { ServiceView, StoreView } from '../../core/contract/views.ts';
import { listActions } from '../../store/access/actions.ts';
import { listWaiting } from '../../store/approvals/list-waiting.ts';
import { listFreezes } from '../../store/holds/freezes.ts';
import type { Db } from '../../store/sqlite/open-store.ts';
import { readLookups } from '../../store/published/published.ts';
import { listDeliveries, readDelivery } from '../../store/intake/read-deliveries.ts';
import { listDeployments, readDeployment } from '../../store/deployments/read-deployments.ts';
import { listRuns, readRun } from '../../store/runs/read-runs.ts';
import { secretUses } from '../../store/access/secret-uses.ts';
import type { ClusterHealth } from '../cluster/cluster-health.ts';
import { readInstances } from '../leases/read-instances.ts';
import { askedRegistries } from '../lookups/asked-registries.ts';
import { type InspectDeps, inspectService, inspectServices, pageOfServices } from './inspect.ts';
import { toConfiguredView } from '../../core/policy/gates/policy-view.ts';
import { type Gating, NO_GATING } from '../gates/gating.ts';
import { policiesOf } from '../gates/read-policies.ts';
import type { HealthWatch } from '../health/health-watch.ts';
import type { Quota } from '../lookups/pull-budget.ts';
import { createReadDays, readOverview } from './read-overview.ts';
import { readTimeline } from './read-timeline.ts';
import { readRollback } from './rollback-target.ts';
import { readQueue } from './read-queue.ts';

export type ReadsDeps = {
  readonly clusters: InspectDeps['clusters'];
  readonly db: Db;
  readonly quotas: () => readonly Quota[];
  /** Gates from the configuration. Default: none. */
  readonly gating?: Gating;
  /** Whether every new index from this host counts. */
  readonly followsIndex: (host: string) => boolean;
  readonly health: Pick<ClusterHealth, 'list' | 'hear'>;
  /** The health of services. */
  readonly readHealth?: HealthWatch['read'];
  readonly store: () => StoreView;
  /** The configured webhook secrets. */
  readonly hookSecrets: readonly (HookLimits & { readonly name: string })[];
  /** Id of this process. */
  readonly instanceId: string;
  /** ms since the epoch. */
  readonly now: () => number;
  readonly log: Log;
};

/** All queries: none of them changes anything. */

const TIMEOUT_MS = 30_000;

export const createReads = (deps: ReadsDeps): Reads => {
  const { db, now, gating = NO_GATING } = deps;
  const clusters = deps.clusters.map(({ cluster }) => cluster.name);
  const inspect = (filter: ServiceFilter): Promise<ServiceView[]> =>
    inspectServices({ ...deps, hear: deps.health.hear }, filter, AbortSignal.timeout(TIMEOUT_MS));
  const readDays = createReadDays(db, now);
  const reads: Reads = {
    listServices: async (filter, page) => pageOfServices(await inspect(filter), page),
    readService: (cluster, service) =>
      inspectService(
        { ...deps, hear: deps.health.hear },
        { cluster, service },
        AbortSignal.timeout(TIMEOUT_MS),
      ),
    readRollback: async (cluster, name) => {
      const one = deps.clusters.find((each) => each.cluster.name === cluster)?.cluster;
      const services = await one?.listServices(AbortSignal.timeout(TIMEOUT_MS));
      const service = services?.find((each) => each.name === name || each.id === name);
      return service === undefined ? null : readRollback(db, cluster, service);
    },
    listPolicies: async () => gating.policies.map(toConfiguredView),
    readPolicies: async (cluster, name) => {
      const one = deps.clusters.find((each) => each.cluster.name === cluster)?.cluster;
      const services = await one?.listServices(AbortSignal.timeout(TIMEOUT_MS));
      const service = services?.find((each) => each.name === name || each.id === name);
      return service === undefined || one === undefined
        ? null
        : policiesOf(gating, one, service, now());
    },
    listDeployments: (filter, page) => listDeployments(db, filter, page),
    readDeployment: (id) => readDeployment(db, id),
    listDeliveries: (filter, page) => listDeliveries(db, filter, page),
    readDelivery: (id) => readDelivery(db, id),
    listRuns: (page) => listRuns(db, page),
    readRun: (id) => readRun(db, id),
    readStore: async () => deps.store(),
    listClusters: async () => deps.health.list(),
    listRegistries: async () => askedRegistries(await readLookups(db), deps.quotas()),
    listInstances: () => readInstances(db, deps.instanceId),
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
    listWaiting: (filter, page) => listWaiting(db, filter, page),
    listFreezes: (page) => listFreezes(db, page, now()),
    listActions: (page) => listActions(db, page),
    readOverview: () => readOverview({ db, reads, readDays, within: null, now }),
    readTimeline: (asked) => readTimeline({ db, reads, within: null, now }, asked),
  };
  return reads;
};
