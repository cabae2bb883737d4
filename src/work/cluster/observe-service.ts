import { type Cluster, ClusterError } from '../../core/swarm/cluster.ts';
import type { Observation } from '../../core/swarm/service.ts';

/** Time limit of one observation. */
const TIMEOUT_MS = 15_000;

/** The observed service, `removed`, or why the cluster gave no answer, for a person. */
export type Seen = Observation | 'removed' | { readonly problem: string };

/** Observes a service once. Throws the signal's reason when it is aborted, and never an error of the cluster. */
export const observeService = async (
  cluster: Pick<Cluster, 'observe'>,
  serviceId: string,
  signal: AbortSignal,
): Promise<Seen> => {
  const limited = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
  try {
    return (await cluster.observe(serviceId, limited)) ?? 'removed';
  } catch (error) {
    if (signal.aborted) throw error;
    if (error instanceof ClusterError) return { problem: error.message };
    if (limited.aborted) return { problem: `no answer within ${TIMEOUT_MS / 1000} s` };
    throw error;
  }
};
