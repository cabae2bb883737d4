import { type Cluster, ClusterError } from '../core/cluster.ts';
import { VERDICT_NAMES, type VerdictName } from '../core/views.ts';
import { countChanges } from '../store/events.ts';
import { inspectServices, type InspectDeps } from './inspect.ts';
import type { Clock } from './ports.ts';

/** How many services of a cluster have each verdict, and when that was told, ms since the epoch. */
export type Drift = {
  readonly counts: Readonly<Record<VerdictName, number>>;
  readonly at: number;
};

export type DriftBook = {
  /** By cluster; one that never answered is not in it. */
  readonly read: () => ReadonlyMap<string, Drift>;
  /** Keeps the book until the signal is aborted. */
  readonly run: (signal: AbortSignal) => Promise<void>;
};

export type DriftDeps = Omit<InspectDeps, 'now'> & { readonly clock: Clock };

/** After something changed in the store, the clusters are asked this soon … */
const WATCH_EVERY_MS = 2_000;
/** … but not more often than this … */
const LEAST_MS = 10_000;
/** … and this often although nothing did: others change services too. */
const MOST_MS = 5 * 60_000;

/**
 * Keeps the verdicts of all services by what the registries answered last: clusters are asked after
 * looks, runs and deployments, registries never. What a scrape shows is what stands here, so that
 * scraping asks nobody.
 */
export const createDriftBook = (deps: DriftDeps): DriftBook => {
  const { clock, db, log } = deps;
  const book = new Map<string, Drift>();
  const inspectDeps = { ...deps, now: clock.now };

  const refresh = async ({ name }: Cluster, signal: AbortSignal): Promise<void> => {
    try {
      const views = await inspectServices(inspectDeps, { cluster: name }, signal);
      const byVerdict = Map.groupBy(views, ({ verdict }) => verdict);
      const counts = Object.fromEntries(
        VERDICT_NAMES.map((verdict) => [verdict, byVerdict.get(verdict)?.length ?? 0]),
      ) as Record<VerdictName, number>;
      book.set(name, { counts, at: clock.now() });
    } catch (error) {
      // That it is down is told by its own metric, and what was known of it stands.
      if (signal.aborted || error instanceof ClusterError) return;
      log.error('verdicts not counted', { cluster: name, error });
    }
  };

  return {
    read: () => book,
    run: async (signal) => {
      let seen = -1;
      let refreshedAt = Number.NEGATIVE_INFINITY;
      while (!signal.aborted) {
        const changes = await countChanges(db);
        const age = clock.now() - refreshedAt;
        if (age >= MOST_MS || (changes !== seen && age >= LEAST_MS)) {
          seen = changes;
          refreshedAt = clock.now();
          await Promise.all(deps.clusters.map(({ cluster }) => refresh(cluster, signal)));
        }
        await clock.wait(WATCH_EVERY_MS, signal).catch(() => {});
      }
    },
  };
};
