import { type Cluster, ClusterError } from '../../core/swarm/cluster.ts';

/**
 * Asks a cluster, with a signal that ends with the caller's or after `ms`. Throws the caller's reason, what `ask`
 * throws, or a {@link ClusterError} `timed-out` if the time is up: then the cluster failed, not the helper.
 */
export const answerInTime = async <T>(
  { name }: Pick<Cluster, 'name'>,
  ms: number,
  signal: AbortSignal,
  ask: (limited: AbortSignal) => Promise<T>,
): Promise<T> => {
  const limited = AbortSignal.any([signal, AbortSignal.timeout(ms)]);
  try {
    return await ask(limited);
  } catch (error) {
    if (signal.aborted || error instanceof ClusterError || !limited.aborted) throw error;
    const detail = `no answer within ${ms / 1000} s`;
    throw new ClusterError(name, 'timed-out', detail, { retryable: true, cause: error });
  }
};
