import { ClusterError } from '../../core/swarm/cluster.ts';
import { whyNoNodeFits } from '../../core/rollout/fitting-node.ts';
import { splitName } from '../../core/image/image-reference.ts';
import type { Platform } from '../../core/image/published.ts';
import type { Node, Service } from '../../core/swarm/service.ts';
import { recordUnfit } from '../../store/holds/unfit-images.ts';
import type { Run } from './run.ts';

/** As long as a registry's first answer may take. A slower registry delays no update. */
const WITHIN_MS = 15_000;

/**
 * The image's platforms from the registry, and the cluster's nodes. Null, in whole or in part, if they could not be
 * read.
 */
export type FitFacts = {
  readonly platforms: readonly Platform[] | null;
  readonly nodes: readonly Node[] | null;
} | null;

/**
 * Asks the registry and the cluster for what decides whether a node can run the image. Needs nothing of the service,
 * so it can run while the service is observed. Null if the cluster fails, if the time is up, or if the signal is
 * aborted.
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

/**
 * Why no node of the cluster can run the image for the service; null if one can, or if it could not be determined.
 */
export const judgeFit = async (
  { deps, deployment }: Run,
  service: Service,
  facts: FitFacts,
): Promise<string | null> => {
  if (facts === null || deployment.to === null || !service.image.ok) return null;
  const why = whyNoNodeFits(facts.platforms, service, facts.nodes ?? []);
  // Later checks hold the image without another deployment, until a node fits.
  if (why !== null) await recordUnfit(deps.db, deployment.to, facts.platforms, deps.clock.now());
  return why;
};
