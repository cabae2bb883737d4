import { type Cluster, ClusterError, type ClusterIdentity } from '../../core/swarm/cluster.ts';
import type { Log } from '../../core/log.ts';
import type { ClusterView } from '../../core/contract/views.ts';
import { createSwarmComparison, SameSwarm, type ToldCluster } from './compare-swarms.ts';
import type { Clock } from '../loop/clock.ts';
import { runLoop } from '../loop/run-loop.ts';

export type ClusterHealth = {
  readonly list: () => readonly ClusterView[];
  /**
   * Hears whether a cluster has just answered somebody. One that thereby stands otherwise than was known
   * is asked at once, so that nobody takes its services for gone; however many hear it, it is asked once.
   * One that was silent is down, and is not waited for again.
   */
  readonly hear: (name: string, failure: ClusterError | null, signal: AbortSignal) => Promise<void>;
  /** Asks every cluster who it is, and what all work asks of it. Throws `SameSwarm` where two are one. */
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
  /** Is told when a cluster is up, or down, that was not before. */
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
      log.error('change of a cluster not reported', { cluster: name, error });
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

  /** Null where it does not say who it is. */
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
      // Asked, it may tell more than it was known to, or less.
      const { capabilities } = cluster;
      await set({ name, type, capabilities, checkedAt, state: 'up', description, problem: null });
      if (before?.state !== 'up') {
        log.info('cluster is up', { cluster: name, description });
        if (warning !== undefined)
          log.warn('cluster will need attention', { cluster: name, warning });
      }
    } catch (error) {
      if (signal.aborted) return null;
      if (!(error instanceof ClusterError) && !limited.aborted) throw error;
      const problem = error instanceof ClusterError ? error.message : 'no answer in time';
      await setDown(cluster, checkedAt, problem, identity?.description ?? null);
    }
    // One that refuses a call may carry out the others, and then its work would be done twice.
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
    // Whoever asked may have stopped waiting; then `run` tells.
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
      // The start waits for slow clusters only so long: the first round waits for the rest of it.
      let asked: Promise<void> | null = latest;
      const round = async (): Promise<number> => {
        const answers = asked ?? refresh(signal);
        asked = null;
        await answers;
        return EVERY_MS;
      };
      const isFatal = (error: unknown): boolean => error instanceof SameSwarm;
      const meaning = 'it is not noticed when a cluster goes down or comes back';
      await runLoop({ clock, log }, { name: 'cluster health', meaning, round, isFatal }, signal);
    },
  };
};
