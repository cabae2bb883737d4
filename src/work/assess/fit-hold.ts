import type { Cluster } from '../../core/swarm/cluster.ts';
import type { Digest } from '../../core/image/digest.ts';
import { whyNoNodeFits } from '../../core/rollout/fitting-node.ts';
import type { Service } from '../../core/swarm/service.ts';
import type { Hold } from '../../core/verdict/verdict.ts';
import type { Db } from '../../store/sqlite/open-store.ts';
import { readUnfit } from '../../store/holds/unfit-images.ts';

export type FitCluster = Pick<Cluster, 'capabilities' | 'listNodes'>;

/** The hold on an image that no node of the cluster can run for this service; null if a node can. */
export type FindFitHold = (service: Service, digest: Digest) => Hold | null;

const NONE: FindFitHold = () => null;

/**
 * Judges images that once had no fitting node by the present nodes. Nodes are listed only if there is such an image.
 * If they cannot be listed, nothing is held: they are checked again before an update is sent.
 */
export const readFitHolds = async (
  db: Db,
  { capabilities, listNodes }: FitCluster,
  signal: AbortSignal,
): Promise<FindFitHold> => {
  // If the cluster chooses the digest itself, it also has to judge whether a node can run it.
  const unfit = capabilities.setsDigest ? await readUnfit(db) : new Map();
  if (unfit.size === 0) return NONE;
  const nodes = await listNodes(signal).catch(() => null);
  if (nodes === null) return NONE;
  return (service, digest) => {
    const platforms = unfit.get(digest);
    if (platforms === undefined) return null;
    const why = whyNoNodeFits(platforms, service, nodes);
    return why === null ? null : { kind: 'no-fitting-node', detail: why };
  };
};
