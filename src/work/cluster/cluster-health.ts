import { type Cluster, ClusterError, type ClusterIdentity } from '../../core/swarm/cluster.ts';
import type { Log } from '../../core/log.ts';
import type { ClusterView } from '../../core/contract/views.ts';
import { createSwarmComparison, SameSwarm, type ToldCluster } from './compare-swarms.ts';
import type { Clock } from '../loop/clock.ts';
import { runLoop } from '../loop/run-loop.ts';

export type ClusterHealth = {
  readonly list: () => readonly ClusterView[];
  /**
   * Takes note of whether a cluster has just answered. If that contradicts the known state, the cluster is asked at
   * once, so that its services are not taken for gone; concurrent calls share one request. A cluster that timed out
   * counts as down without being asked again.
   */
  readonly hear: (name: string, failure: ClusterError | null, signal: AbortSignal) => Promise<void>;
  /** Asks every cluster for its identity and probes it. Throws `SameSwarm` if two clusters are the same Swarm. */
  readonly refresh: (signal: AbortSignal) => Promise<void>;
  /** Refreshes until the signal is aborted; rejects with `SameSwarm`. */
  readonly run: (signal: AbortSignal) => Promise<void>;
};

const EVERY_MS = 30_000;
const TIMEOUT_MS = 10_000;

export type ClusterHealthDeps = {
  readonly clusters: readonly Cluster[];
  readonly clock: Clock;
  readonly log: Log;
  /** Called when a cluster goes up or down. */
  readonly changed: (cluster: Pick<ClusterView, 'name' | 'state'>) => Promise<void>;
};

export const createClusterHealth = (deps: ClusterHealthDeps): ClusterHealth => {
  const { clusters, clock, log } = deps;
  const views = new Map<string, ClusterView>(
    clusters.map(({ name, type, capabilities }) => [
      name,
      {
        name,
        type,
        capabilities,
        state: 'unknown',
        description: null,
        problem: null,
        checkedAt: null,
      },
    ]),
  );
  const compare = createSwarmComparison();

  const set = async (view: ClusterView): Promise<void> => {
    const { name, state } = view;
    const before = views.get(name)?.state;
    views.set(name, view);
    if (before === state) return;
    // Requests still get the state, even if this message is lost.
    await deps.changed({ name, state }).catch((error: unknown) => {
      log.error('a change of a cluster was not reported', { cluster: name, error });
    });
  };

  const setDown = async (
    cluster: Cluster,
    checkedAt: string,
    problem: string,
    told: string | null = null,
  ): Promise<void> => {
    const { name, type, capabilities } = cluster;
    const before = views.get(name);
    const description = told ?? before?.description ?? null;
    await set({ name, type, capabilities, checkedAt, state: 'down', description, problem });
    if (before?.state !== 'down') log.warn('cluster is down', { cluster: name, problem });
  };

  /** Null if the cluster did not identify itself. */
  const ask = async (cluster: Cluster, signal: AbortSignal): Promise<ToldCluster | null> => {
    const { name, type } = cluster;
    const before = views.get(name);
    const checkedAt = new Date(clock.now()).toISOString();
    const limited = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
    let identity: ClusterIdentity | null = null;
    try {
      identity = await cluster.identify(limited);
      const { description, warning } = identity;
      await cluster.probe(limited);
      // The probe may have changed what the cluster is known to be capable of.
      const { capabilities } = cluster;
      await set({ name, type, capabilities, checkedAt, state: 'up', description, problem: null });
      if (before?.state !== 'up') {
        log.info('cluster is up', { cluster: name, description });
        if (warning !== undefined)
          log.warn('a cluster needs attention soon', { cluster: name, warning });
      }
    } catch (error) {
      if (signal.aborted) return null;
      if (!(error instanceof ClusterError) && !limited.aborted) throw error;
      const problem = error instanceof ClusterError ? error.message : 'no answer in time';
      await setDown(cluster, checkedAt, problem, identity?.description ?? null);
    }
    // A cluster that refuses one call may carry out others, so a second entry for the same Swarm would still double
    // its work.
    return identity === null ? null : { cluster, swarmId: identity.swarmId };
  };

  const askAll = async (signal: AbortSignal): Promise<void> => {
    const all = await Promise.all(clusters.map((cluster) => ask(cluster, signal)));
    const limited = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
    await compare(
      all.flatMap((one) => one ?? []),
      limited,
    );
  };
  let latest: Promise<void> = Promise.resolve();
  const refresh = (signal: AbortSignal): Promise<void> => {
    latest = askAll(signal);
    // The caller may have stopped waiting. `run` then reports the error.
    latest.catch(() => {});
    return latest;
  };

  const asking = new Map<string, Promise<unknown>>();
  const hear: ClusterHealth['hear'] = async (name, failure, signal) => {
    const cluster = clusters.find((one) => one.name === name);
    const state = failure === null ? 'up' : 'down';
    if (cluster === undefined || views.get(name)?.state === state) return;
    if (failure?.code === 'timed-out') {
      return setDown(cluster, new Date(clock.now()).toISOString(), failure.message);
    }
    const asked = asking.get(name) ?? ask(cluster, signal).finally(() => asking.delete(name));
    asking.set(name, asked);
    await asked;
  };

  return {
    list: () => [...views.values()],
    hear,
    refresh,
    run: async (signal) => {
      // The start waits only so long for slow clusters. The first round waits for the rest of that refresh.
      let asked: Promise<void> | null = latest;
      const round = async (): Promise<number> => {
        const answers = asked ?? refresh(signal);
        asked = null;
        await answers;
        return EVERY_MS;
      };
      const isFatal = (error: unknown): boolean => error instanceof SameSwarm;
      const meaning = 'outages of clusters go unnoticed';
      await runLoop({ clock, log }, { name: 'cluster health', meaning, round, isFatal }, signal);
    },
  };
};
