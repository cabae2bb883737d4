import { type Cluster, ClusterError } from '../../core/swarm/cluster.ts';
import type { Log } from '../../core/log.ts';
import type { Service } from '../../core/swarm/service.ts';
import type { Deployment } from '../../store/deployments/deployments.ts';
import type { Clock } from '../loop/clock.ts';

/** The service of one cluster that this helper runs as. */
export type OwnService = {
  /**
   * Looks the service up, with one request for each call until the answer is certain. `untold`: the cluster cannot be
   * asked now. Ask again before any deployment.
   */
  readonly learn: (signal: AbortSignal) => Promise<'told' | 'untold'>;
  /** Null if it is none of this cluster's services, or not known yet. */
  readonly id: () => string | null;
};

const ASK_WITHIN_MS = 15_000;
/** A manager may learn late of the container that it has started. */
const CERTAIN_AFTER_MS = 60_000;

/** @param containerIds ids, or beginnings of ids, that our container may have; empty outside a container */
export const createOwnService = (options: {
  readonly cluster: Cluster;
  readonly containerIds: readonly string[];
  readonly clock: Clock;
  readonly log: Log;
}): OwnService => {
  const { cluster, containerIds, clock, log } = options;
  const startedAt = clock.monotonic();
  let id: string | null = null;
  let isCertain = containerIds.length === 0 || !cluster.capabilities.tellsContainers;

  const ask = async (signal: AbortSignal): Promise<void> => {
    const tasks = await cluster.listRunningTasks(null, signal);
    const own = tasks?.find(({ containerId }) =>
      containerIds.some((one) => containerId?.startsWith(one)),
    );
    id = own?.serviceId ?? null;
    isCertain = id !== null || clock.monotonic() - startedAt >= CERTAIN_AFTER_MS;
    if (id !== null) log.info('this helper is a service of the cluster', { service: id });
  };

  return {
    id: () => id,
    learn: async (signal) => {
      if (isCertain) return 'told';
      const limited = AbortSignal.any([signal, AbortSignal.timeout(ASK_WITHIN_MS)]);
      try {
        await ask(limited);
        return 'told';
      } catch (error) {
        if (signal.aborted) throw error;
        if (!(error instanceof ClusterError) && !limited.aborted) throw error;
        log.debug('the helper does not know its own service yet', { error });
        return 'untold';
      }
    },
  };
};

/** The other work on the cluster of a deployment. */
type Beside = {
  /** All open deployments. */
  readonly open: readonly Deployment[];
  /** Id of our own service; null if it is none of the cluster's. */
  readonly own: string | null;
  /** Ids of the services that this process is deploying now. */
  readonly active: ReadonlySet<string>;
};

/**
 * Whether a deployment may go on now. The helper's own service is updated last and alone, because its update ends the
 * process that follows the others. A deployment whose update was sent always goes on. No deployment waits for one
 * that is due later.
 *
 * @param now ms since the epoch
 */
export const isItsTurn = (one: Deployment, { open, own, active }: Beside, now: number): boolean => {
  if (own === null || isSent(one)) return true;
  const others = open.filter(({ id }) => id !== one.id);
  if (one.serviceId !== own) {
    return !active.has(own) && !others.some((other) => other.serviceId === own && isSent(other));
  }
  return active.size === 0 && !others.some((other) => isSent(other) || other.runAt <= now);
};

/** Whether an update was sent and the cluster has not refused it: it may be in progress. */
const isSent = ({ intent }: Deployment): boolean => intent !== null && !intent.refuted;

/**
 * Why our own service must not be updated at all, or null if it may be. The engine must roll back a version that
 * cannot run, because nothing else can. The new version must not run beside the old one, which holds the store.
 */
export const refusesOwnUpdate = ({ updatePolicy }: Service): string | null => {
  if (updatePolicy?.failureAction !== 'rollback') return 'own-service-needs-rollback';
  return updatePolicy.order === 'stop-first' ? null : 'own-service-needs-stop-first';
};
