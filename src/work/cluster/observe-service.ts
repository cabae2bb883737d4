import { type Cluster, ClusterError } from '../../core/swarm/cluster.ts';
import type { Observation } from '../../core/swarm/service.ts';

/** One observation must be answered in this time. */
const TIMEOUT_MS = 15_000;

/** What was seen of a service, that it is gone, or why the cluster gave no answer, for a person. */
export type Seen = Observation | 'removed' | { readonly problem: string };

/** Asks once. Throws the signal's reason when it is aborted, and nothing else that is the cluster's. */
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
