import type { Within } from '../../core/contract/list-filters.ts';
import type { WaitingView } from '../../core/policy/approvals/waiting-view.ts';
import {
  isClusterInScope,
  isInScope,
  isStackInScope,
  type Scope,
} from '../../core/contract/scope.ts';
import type { DeliveryView } from '../../core/contract/delivery-views.ts';
import type { FreezeView, ServiceView, VerdictName } from '../../core/contract/views.ts';
import type { RunSummary, RunView } from '../../core/contract/run-views.ts';
import { listActions } from '../../store/access/actions.ts';
import { listFreezes } from '../../store/holds/freezes.ts';
import type { Db } from '../../store/sqlite/open-store.ts';
import {
  deployedWithin,
  deploymentPlaces,
  keepWithin,
} from '../../store/deployments/deployments-within.ts';
import { pageOfServices, WHOLE_LIST } from './inspect.ts';
import { type ReadDays, readOverview } from './read-overview.ts';
import { readTimeline } from './read-timeline.ts';
import type { Reads } from '../../core/contract/reads.ts';

export type ScopedReadsDeps = {
  readonly reads: Reads;
  /** Names of the configured clusters. */
  readonly clusters: readonly string[];
  readonly db: Db;
  readonly readDays: ReadDays;
  readonly now: () => number;
};

const NOTHING = { items: [], next: null };

const isEmpty = ({ clusters, stacks }: Within): boolean =>
  clusters.length === 0 || stacks?.length === 0;

/**
 * What a client sees whose token is limited to a scope:
 *
 * - services, deployments, clusters and freezes of the scope;
 * - deliveries with a push that matches a service of the scope or led to a deployment in it: without their bodies,
 *   and without other pushes;
 * - runs, with only the services of the scope;
 * - the overview and the timeline of those services;
 * - in the audit, what the person did, and what was done to a service of the scope.
 *
 * Anything outside is null, as if it did not exist.
 */
export const createScopedReads = (deps: ScopedReadsDeps, scope: Scope, actor: string): Reads => {
  const { reads, db } = deps;

  const servicesWithin = async (
    filter: Parameters<Reads['listServices']>[0] = {},
  ): Promise<readonly ServiceView[]> => {
    if (filter.cluster !== undefined && !isClusterInScope(scope, filter.cluster)) return [];
    const { items } = await reads.listServices(filter, WHOLE_LIST);
    return items.filter((service) => isInScope(scope, service));
  };

  /** The scope's patterns, resolved to names in the store. */
  const resolve = async (): Promise<Within> => {
    const places = await deploymentPlaces(db);
    const clusters = [...deps.clusters, ...places.map(({ cluster }) => cluster)];
    const stacks = places.map(({ stack }) => stack).filter((stack) => stack !== null);
    return {
      clusters: [...new Set(clusters)].filter((name) => isClusterInScope(scope, name)),
      stacks:
        scope.stacks === null
          ? null
          : [...new Set(stacks)].filter((name) => isStackInScope(scope, name)),
    };
  };

  /** Services and images that are in the scope now, or have deployments in it. */
  const known = async () => {
    const [within, services] = await Promise.all([resolve(), servicesWithin()]);
    const deployed = isEmpty(within) ? [] : await deployedWithin(db, within);
    return {
      within,
      images: [...new Set([...services, ...deployed].map(({ image }) => image))],
      targets: [
        ...new Set([
          ...services.map(({ cluster, name }) => `${cluster}/${name}`),
          ...deployed.map(({ cluster, service }) => `${cluster}/${service}`),
        ]),
      ],
    };
  };

  const cutDelivery = async <T extends DeliveryView>(
    delivery: T,
    { within, images }: Awaited<ReturnType<typeof known>>,
  ): Promise<T> => {
    const kept = isEmpty(within)
      ? new Set<string>()
      : await keepWithin(db, delivery.deployments, within);
    return {
      ...delivery,
      pushes: delivery.pushes
        .filter(({ image }) => images.includes(image))
        .map((push) => ({
          ...push,
          results: push.results.filter(({ cluster }) => within.clusters.includes(cluster)),
        })),
      ignored: [],
      deployments: delivery.deployments.filter((id) => kept.has(id)),
    };
  };

  const readRun = async (id: string): Promise<RunView | null> => {
    const run = await reads.readRun(id);
    if (run === null) return null;
    const services = run.services.filter((service) => isInScope(scope, service));
    const counts: Partial<Record<VerdictName, number>> = {};
    for (const { verdict } of services) counts[verdict] = (counts[verdict] ?? 0) + 1;
    // The reason and the progress of another person's run would reveal other services.
    if (run.by === actor) return { ...run, services, counts };
    const images = new Set(services.map(({ image }) => image)).size;
    const progress = { services: services.length, images, checkedImages: images };
    return { ...run, services, counts, progress, reason: null };
  };

  const isFreezeShown = (freeze: FreezeView, names: ReadonlySet<string>): boolean =>
    (freeze.cluster === null || isClusterInScope(scope, freeze.cluster)) &&
    (freeze.stack === null || isStackInScope(scope, freeze.stack)) &&
    (freeze.service === null || scope.stacks === null || names.has(freeze.service));

  const scoped: Reads = {
    ...reads,
    listServices: async (filter, page) => pageOfServices(await servicesWithin(filter), page),
    readService: async (cluster, name) => {
      if (!isClusterInScope(scope, cluster)) return null;
      const service = await reads.readService(cluster, name);
      return service !== null && isInScope(scope, service) ? service : null;
    },
    readRollback: async (cluster, name) => {
      if (!isClusterInScope(scope, cluster)) return null;
      const service = await reads.readService(cluster, name);
      return service !== null && isInScope(scope, service)
        ? reads.readRollback(cluster, service.id)
        : null;
    },
    readPolicies: async (cluster, name) => {
      if (!isClusterInScope(scope, cluster)) return null;
      const found = await reads.readPolicies(cluster, name);
      return found !== null && isInScope(scope, found) ? found : null;
    },
    listDeployments: async (filter, page) => {
      const within = await resolve();
      return isEmpty(within) ? NOTHING : reads.listDeployments({ ...filter, within }, page);
    },
    readDeployment: async (id) => {
      const within = await resolve();
      const isShown = !isEmpty(within) && (await keepWithin(db, [id], within)).has(id);
      return isShown ? reads.readDeployment(id) : null;
    },
    listDeliveries: async (filter, page) => {
      const seen = await known();
      if (seen.images.length === 0) return { ...NOTHING, ignored: 0 };
      const found = await reads.listDeliveries({ ...filter, images: seen.images }, page);
      const items = await Promise.all(found.items.map((one) => cutDelivery(one, seen)));
      return { items, next: found.next, ignored: 0 };
    },
    readDelivery: async (id) => {
      const [delivery, seen] = await Promise.all([reads.readDelivery(id), known()]);
      if (delivery === null) return null;
      const cut = await cutDelivery(delivery, seen);
      return cut.pushes.length === 0 ? null : { ...cut, headers: {}, body: null };
    },
    listRuns: async (page) => {
      const found = await reads.listRuns(page);
      const items: RunSummary[] = [];
      // One after another, because a run can have thousands of services.
      for (const { id } of found.items) {
        const run = await readRun(id);
        if (run === null) continue;
        const { services: _services, ...summary } = run;
        items.push(summary);
      }
      return { items, next: found.next };
    },
    readRun,
    listClusters: async () =>
      (await reads.listClusters()).filter(({ name }) => isClusterInScope(scope, name)),
    listWaiting: async (filter, { limit, after }) => {
      const items: WaitingView[] = [];
      let next = after;
      do {
        // Ask only for what is missing, so that the cursor ends where this part ends.
        const part = await reads.listWaiting(filter, { limit: limit - items.length, after: next });
        items.push(...part.items.filter((service) => isInScope(scope, service)));
        next = part.next;
      } while (next !== null && items.length < limit);
      return { items, next };
    },
    listFreezes: async (page) => {
      const [standing, services] = await Promise.all([
        listFreezes(db, { ...WHOLE_LIST, after: page.after }, deps.now()),
        scope.stacks === null ? [] : servicesWithin(),
      ]);
      const names = new Set(services.flatMap(({ name, id }) => [name, id]));
      const shown = standing.items.filter((freeze) => isFreezeShown(freeze, names));
      const items = shown.slice(0, page.limit);
      const next = shown.length > page.limit ? (items.at(-1)?.id ?? null) : null;
      return { items, next };
    },
    listActions: async (page) => {
      const { targets } = await known();
      return listActions(db, page, { actor, targets: ['', ...targets] });
    },
    readOverview: () => readOverview({ ...deps, reads: scoped, within: scope }),
    readTimeline: (asked) => readTimeline({ ...deps, reads: scoped, within: scope }, asked),
  };
  return scoped;
};
