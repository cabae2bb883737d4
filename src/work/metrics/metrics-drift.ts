import { type Cluster, ClusterError } from '../../core/swarm/cluster.ts';
import { VERDICT_NAMES, type VerdictName } from '../../core/contract/views.ts';
import type { Changes } from '../../store/query/changes.ts';
import { countChanges } from '../../store/notices/events.ts';
import { inspectServices, type InspectDeps } from '../reads/inspect.ts';
import { createBell } from '../loop/bell.ts';
import type { Clock } from '../loop/clock.ts';
import { runLoop } from '../loop/run-loop.ts';

/** How many services of a cluster have each verdict, and when that was determined, in ms since the epoch. */
export type Drift = {
  readonly counts: Readonly<Record<VerdictName, number>>;
  readonly at: number;
};

export type DriftBook = {
  /** By cluster. A cluster that never answered is missing. */
  readonly read: () => ReadonlyMap<string, Drift>;
  /** Keeps the counts up to date until the signal is aborted. */
  readonly run: (signal: AbortSignal) => Promise<void>;
};

export type DriftDeps = Omit<InspectDeps, 'now'> & {
  readonly clock: Clock;
  /** Registers a function to call after each write to the store. */
  readonly onChange: Changes['onChange'];
};

/** While the store is being written to, it is checked this often for changes that may affect a verdict. */
const COUNT_EVERY_MS = 2_000;
/** After such a change the clusters are asked, but at most this often … */
const LEAST_MS = 10_000;
/** … and at least this often in any case: others change services too. */
const MOST_MS = 5 * 60_000;

/**
 * Keeps the verdicts of all services, by the registries' last answers. Clusters are asked after checks, runs and
 * deployments; registries never. A scrape reads these counts, so it causes no request.
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
      // The cluster's own metric shows that it is down. The known values stay.
      if (signal.aborted || error instanceof ClusterError) return;
      log.error('verdicts not counted', { cluster: name, error });
    }
  };

  return {
    read: () => book,
    run: async (signal) => {
      let seen = -1;
      let refreshedAt = Number.NEGATIVE_INFINITY;
      const round = async (): Promise<number> => {
        const changes = await countChanges(db);
        const isChanged = changes !== seen;
        const age = clock.monotonic() - refreshedAt;
        const rest = (isChanged ? LEAST_MS : MOST_MS) - age;
        if (rest > 0) return rest;
        await Promise.all(deps.clusters.map(({ cluster }) => refresh(cluster, signal)));
        seen = changes;
        refreshedAt = clock.monotonic();
        return MOST_MS;
      };
      const bell = createBell(clock);
      const stop = deps.onChange(bell.ring);
      const meaning = 'the metrics show old verdicts';
      const loop = { name: 'verdict metrics', meaning, round, bell, leastMs: COUNT_EVERY_MS };
      await runLoop(deps, loop, signal).finally(stop);
    },
  };
};
