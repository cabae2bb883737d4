import { whyNoNodeFits } from '../../core/rollout/fitting-node.ts';
import type { Service } from '../../core/service.ts';
import type { Run } from './run.ts';

/** A registry or cluster that gives no answer in this time keeps no update waiting. */
const WITHIN_MS = 3_000;

/**
 * Why no node of the cluster can run the digest, asked of registry and cluster now; null where one can, or where
 * it cannot be told.
 */
export const readFit = async (
  { deps, deployment, signal }: Run,
  service: Service,
): Promise<string | null> => {
  const { to, cause } = deployment;
  const { cluster, registries } = deps;
  if (to === null || cause === 'taken-back' || !cluster.capabilities.setsDigest) return null;
  if (!service.image.ok) return null;
  const { image } = service.image;
  const limited = AbortSignal.any([signal, AbortSignal.timeout(WITHIN_MS)]);
  const readPlatforms = async () => {
    const read = await registries.readManifest(image, to, limited);
    if (read.kind === 'failed') return null;
    return read.manifest.platforms ?? registries.readPlatforms(image, to, limited);
  };
  try {
    const [platforms, nodes] = await Promise.all([readPlatforms(), cluster.listNodes(limited)]);
    return whyNoNodeFits(platforms, nodes ?? []);
  } catch {
    // A stop is told by the next wait.
    return null;
  }
};
