import type { Digest } from '../core/digest.ts';
import { type Service, specDigest } from '../core/service.ts';
import type { RolloutDeps } from './rollout-deps.ts';

/**
 * The digest that a cluster chose by itself, if it belongs to the index that was meant: Swarmpit 1.7 and 1.8 pin
 * one platform of it. Null where it does not, or where the index cannot be read.
 */
export const chosenMember = async (
  { registries }: Pick<RolloutDeps, 'registries'>,
  service: Service,
  meant: Digest | null,
  signal: AbortSignal,
): Promise<Digest | null> => {
  const digest = specDigest(service);
  if (digest === null || meant === null || !service.image.ok) return null;
  const read = await registries.readManifest(service.image.image, meant, signal);
  return read.kind === 'manifest' && read.manifest.members.includes(digest) ? digest : null;
};
