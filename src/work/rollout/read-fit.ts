import { ClusterError } from '../../core/swarm/cluster.ts';
import { whyNoNodeFits } from '../../core/rollout/fitting-node.ts';
import { splitName } from '../../core/image/image-reference.ts';
import type { Platform } from '../../core/image/published.ts';
import type { Node, Service } from '../../core/swarm/service.ts';
import { recordUnfit } from '../../store/holds/unfit-images.ts';
import type { Run } from './run.ts';

/** As long as the first answer of a registry may take; one that is slower keeps no update waiting. */
const WITHIN_MS = 15_000;

/** What the registry tells of an image, and the cluster of its nodes; null where one of them cannot tell. */
export type FitFacts = {
  readonly platforms: readonly Platform[] | null;
  readonly nodes: readonly Node[] | null;
} | null;

/**
 * Asks registry and cluster what tells whether a node can run the image. It needs nothing of the service, so that it
 * can be asked while the service is observed. Throws the signal's reason when it is aborted.
 */
export const askFit = async ({ deps, deployment, signal }: Run): Promise<FitFacts> => {
  const { to, cause, name } = deployment;
  const { cluster, registries } = deps;
  if (to === null || cause === 'taken-back' || !cluster.capabilities.setsDigest) return null;
  const image = { ...splitName(name), tag: null, digest: to };
  const limited = AbortSignal.any([signal, AbortSignal.timeout(WITHIN_MS)]);
  const readPlatforms = async () => {
    const read = await registries.readManifest(image, to, limited);
    if (read.kind === 'failed') return null;
    return read.manifest.platforms ?? registries.readPlatforms(image, to, limited);
  };
  try {
    const [platforms, nodes] = await Promise.all([readPlatforms(), cluster.listNodes(limited)]);
    return { platforms, nodes };
  } catch (error) {
    if (error instanceof ClusterError || limited.aborted) return null;
    throw error;
  }
};

/** Why no node of the cluster can run the image for the service; null where one can, or where it cannot be told. */
export const judgeFit = async (
  { deps, deployment }: Run,
  service: Service,
  facts: FitFacts,
): Promise<string | null> => {
  if (facts === null || deployment.to === null || !service.image.ok) return null;
  const why = whyNoNodeFits(facts.platforms, service, facts.nodes ?? []);
  // The next checks hold it without another deployment, until a node fits.
  if (why !== null) await recordUnfit(deps.db, deployment.to, facts.platforms, deps.clock.now());
  return why;
};
