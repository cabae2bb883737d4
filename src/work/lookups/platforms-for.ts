import type { Cluster } from '../../core/swarm/cluster.ts';
import type { Digest } from '../../core/image/digest.ts';
import type { Platform } from '../../core/image/published.ts';
import type { Service } from '../../core/swarm/service.ts';
import type { Registries } from '../../core/contract/registries.ts';

type PlatformsDeps = {
  readonly cluster: Pick<Cluster, 'capabilities'>;
  readonly registries: Pick<Registries, 'readManifest' | 'readPlatforms'>;
};

/**
 * The platforms that an update to this digest sets; null keeps the present ones. Null also if the registry gives no
 * answer: a registry that fails now must not stop an update that was decided.
 */
export const platformsFor = async (
  { cluster, registries }: PlatformsDeps,
  service: Service,
  target: Digest | null,
  signal: AbortSignal,
): Promise<readonly Platform[] | null> => {
  if (target === null || !service.image.ok || !cluster.capabilities.setsDigest) return null;
  const { image } = service.image;
  const read = await registries.readManifest(image, target, signal);
  if (read.kind === 'failed') return null;
  if (read.manifest.platforms !== null) return read.manifest.platforms;
  return registries.readPlatforms(image, target, signal);
};
