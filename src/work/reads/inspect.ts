import { isAskedImage } from '../../core/image/asked-image.ts';
import { healthUrgency } from '../../core/health/health-words.ts';
import { type Cluster, ClusterError } from '../../core/swarm/cluster.ts';
import type { Selection } from '../../core/policy/labels.ts';
import { imageName } from '../../core/image/image-reference.ts';
import type { Log } from '../../core/log.ts';
import type { Lookup } from '../../core/image/published.ts';
import type { PageRequest, ServiceFilter } from '../../core/contract/list-filters.ts';
import type { Page, ServiceView } from '../../core/contract/views.ts';
import { rfc3339 } from '../../store/query/json.ts';
import type { Db } from '../../store/sqlite/open-store.ts';
import { type LastLookup, readLookups } from '../../store/published/published.ts';
import { latestDeployments } from '../../store/deployments/read-deployments.ts';
import { answerInTime } from '../cluster/answer-in-time.ts';
import { checkServices } from '../assess/check-services.ts';
import type { Gating } from '../gates/gating.ts';
import type { HealthWatch } from '../health/health-watch.ts';
import { readMemory } from '../assess/memory.ts';
import { showServices } from '../assess/show-services.ts';
import { inspectTracking } from '../track/inspect-tracking.ts';

export type InspectDeps = {
  readonly clusters: readonly { readonly cluster: Cluster; readonly select: Selection }[];
  readonly db: Db;
  readonly now: () => number;
  readonly log: Log;
  /** Whether every new index from this host counts. */
  readonly followsIndex: (host: string) => boolean;
  /** Called for each cluster before anything is shown, with why it did not answer; null if it did. */
  readonly hear?: (
    cluster: string,
    failure: ClusterError | null,
    signal: AbortSignal,
  ) => Promise<void>;
  /** Observes the health of a cluster's services. Without it, nothing is observed. */
  readonly readHealth?: HealthWatch['read'];
  /** Gates from the configuration. Default: none. */
  readonly gating?: Gating;
  /** How long a cluster may take to answer, in ms. Default: 20 s. */
  readonly timeoutMs?: number;
};

const TIMEOUT_MS = 20_000;

/**
 * Every service of every cluster with its verdict by the registries' last known answers, ordered by urgency, cluster,
 * stack and name. No registry is asked. If a cluster does not answer, its `ClusterError` is thrown if the filter
 * names that cluster. Otherwise its services are left out, and its own state shows why.
 */
export const inspectServices = async (
  deps: InspectDeps,
  filter: ServiceFilter,
  signal: AbortSignal,
): Promise<ServiceView[]> => {
  const asked = deps.clusters.filter(
    ({ cluster }) => (filter.cluster ?? cluster.name) === cluster.name,
  );
  const found = await Promise.all(
    asked.map(async (one) => {
      const { name } = one.cluster;
      try {
        const views = await inspectCluster(deps, one, signal);
        await deps.hear?.(name, null, signal);
        return views;
      } catch (error) {
        if (!(error instanceof ClusterError)) throw error;
        await deps.hear?.(name, error, signal);
        if (filter.cluster !== undefined) throw error;
        deps.log.warn('cluster not shown', { cluster: name, error });
        return [];
      }
    }),
  );
  const wanted = found.flat().filter((view) => isWanted(view, filter));
  const keyed = wanted.map((view) => ({ view, key: sortKey(view) }));
  return keyed.toSorted((a, b) => (a.key < b.key ? -1 : 1)).map(({ view }) => view);
};

/**
 * One service by its name or id, with the tags that it follows; null if there is none. Throws the `ClusterError` of a
 * cluster that does not answer.
 */
export const inspectService = async (
  deps: InspectDeps,
  { cluster, service }: { readonly cluster: string; readonly service: string },
  signal: AbortSignal,
): Promise<ServiceView | null> => {
  const asked = deps.clusters.find((one) => one.cluster.name === cluster);
  if (asked === undefined) return null;
  try {
    const views = await inspectCluster(deps, asked, signal, service);
    await deps.hear?.(cluster, null, signal);
    return views.find(({ name, id }) => name === service || id === service) ?? null;
  } catch (error) {
    if (error instanceof ClusterError) await deps.hear?.(cluster, error, signal);
    throw error;
  }
};

/** All services of a cluster. The one that is `named` comes with the tags that it follows. */
const inspectCluster = async (
  deps: InspectDeps,
  { cluster, select }: InspectDeps['clusters'][number],
  signal: AbortSignal,
  named: string | null = null,
): Promise<readonly ServiceView[]> => {
  const { timeoutMs = TIMEOUT_MS } = deps;
  const [services, tasks, memory, lookups, latest, findHealth] = await answerInTime(
    cluster,
    timeoutMs,
    signal,
    (limited) =>
      Promise.all([
        cluster.listServices(limited),
        cluster.listRunningTasks(null, limited),
        readMemory(deps.db, { cluster, ...gatingOf(deps) }, deps.now(), limited),
        readLookups(deps.db),
        latestDeployments(deps.db, cluster.name),
        deps.readHealth?.(cluster.name, limited) ?? null,
      ]),
  );
  const last = (name: string, tag: string): LastLookup | undefined => lookups.get(`${name}:${tag}`);
  const checked = await checkServices(
    {
      readManifest: async ({ registry, repository, tag }) => {
        const members = last(imageName({ registry, repository }), tag ?? '')?.members ?? [];
        return { kind: 'manifest', manifest: { members, platforms: [], artifact: null } };
      },
    },
    {
      services,
      tasks,
      select,
      memory,
      deploysOci: cluster.capabilities.deploysOci,
      pins: false,
      followsIndex: deps.followsIndex,
      lookup: async (image) => asLookup(last(imageName(image), image.tag)),
    },
    signal,
  );
  const views = await showServices(
    { db: deps.db, cluster: cluster.name },
    checked,
    latest,
    ({ image }) => {
      const seen = image === null ? undefined : last(imageName(image), image.tag);
      return {
        published: seen?.digest ?? null,
        checkedAt: seen === undefined ? null : rfc3339(seen.checkedAt),
      };
    },
  );
  const one = services.find(({ name, id }) => name === named || id === named);
  const from = { db: deps.db, cluster: cluster.name, select, memory, lookups };
  const tracking = one === undefined ? null : await inspectTracking(from, one);
  return views.map((view) => ({
    ...view,
    ...findHealth?.(view.id),
    ...(tracking !== null && view.id === one?.id ? { tracking } : {}),
  }));
};

const gatingOf = ({ gating }: Pick<InspectDeps, 'gating'>) =>
  gating === undefined ? {} : { gating };

export const asLookup = (last: LastLookup | undefined): Lookup | null => {
  if (last === undefined) return null;
  if (last.failure !== null) {
    return { kind: 'failed', reason: last.failure, detail: last.detail ?? '', retryAfterMs: null };
  }
  const { digest, mediaType } = last;
  return digest === null ? null : { kind: 'published', digest, mediaType };
};

const isWanted = (view: ServiceView, filter: ServiceFilter): boolean => {
  const q = filter.q?.toLowerCase();
  return (
    (filter.stack === undefined || view.stack === filter.stack) &&
    (filter.verdict === undefined || view.verdict === filter.verdict) &&
    (filter.health === undefined || view.health === filter.health) &&
    (filter.image === undefined || isAskedImage(view.image, filter.image)) &&
    (q === undefined ||
      [view.name, view.stack ?? '', view.image, ...healthTexts(view)].some((text) =>
        text.toLowerCase().includes(q),
      ))
  );
};

/** Search texts for a person who knows only that something is wrong. */
const healthTexts = (view: ServiceView): readonly string[] =>
  view.health === 'ok' || view.health === 'unknown'
    ? []
    : [view.health, view.healthReason ?? '', view.lastError ?? ''];

/** Unique, so that it can also be a cursor. */
const sortKey = (view: ServiceView): string =>
  [healthUrgency(view), view.cluster, view.stack ?? '', view.name, view.id].join('\u0000');

/** A page with everything: more items than any installation has. */
export const WHOLE_LIST: PageRequest = { limit: 100_000, after: null };

/** One page of a list that is in memory as a whole, by the same key. */
export const pageOfServices = (
  services: readonly ServiceView[],
  { limit, after }: PageRequest,
): Page<ServiceView> => {
  const rest = after === null ? services : services.filter((view) => sortKey(view) > after);
  const items = rest.slice(0, limit);
  const last = items.at(-1);
  return { items, next: rest.length > limit && last !== undefined ? sortKey(last) : null };
};
