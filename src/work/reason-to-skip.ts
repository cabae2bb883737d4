import type { Digest } from '../core/digest.ts';
import { imageName } from '../core/image-reference.ts';
import { exclusionOf, unsupportedLabel } from '../core/labels.ts';
import type { Service } from '../core/service.ts';
import type { Deployment } from '../store/deployments.ts';
import { readHolds } from '../store/holds.ts';
import { readPublished, recordLookUps } from '../store/published.ts';
import { relaxed } from '../store/relaxed.ts';
import { refusesOwnUpdate } from './own-service.ts';
import type { TaggedImage } from './ports.ts';
import type { RolloutDeps } from './rollout-deps.ts';

/** Why a deployment whose turn has come is not to be carried out on the service as it is now, or null. */
export const reasonToSkip = async (
  deps: RolloutDeps,
  deployment: Deployment,
  service: Service,
  signal: AbortSignal,
): Promise<string | null> => {
  if (!service.image.ok) return 'image-changed';
  const { image } = service.image;
  const { tag } = image;
  if (tag === null || imageName(image) !== deployment.name || tag !== deployment.tag)
    return 'image-changed';
  // What a person asks for stops only at the label that says no.
  const isAsked = deployment.cause === 'forced' || deployment.cause === 'taken-back';
  const exclusion = exclusionOf(service, deps.select);
  if (exclusion === 'label' || (exclusion !== null && !isAsked)) return 'excluded';
  const refusal = service.id === deps.ownServiceId() ? refusesOwnUpdate(service) : null;
  if (refusal !== null) return refusal;
  if (deployment.cause === 'forced') return null;
  // A label may have come since the deployment was planned.
  if (deployment.cause !== 'taken-back' && unsupportedLabel(service) !== null) return 'held';
  if (deployment.to === null) return null;
  if (image.digest === deployment.to) return 'already-current';
  if (deployment.cause === 'taken-back') return null;
  if (await hasMovedOn(deps, { ...image, tag }, deployment.to, signal)) {
    return 'no-longer-published';
  }
  const hold = (await readHolds(deps.db, deployment.cluster))(service, deployment.to);
  return hold === null ? null : 'held';
};

/**
 * Whether the tag has moved on, or back to what the service runs, while a deployment waited. Where it was
 * seen to, the registry is asked once more: one of several that are one may have shown what was before, and
 * nobody would look for what was skipped.
 */
const hasMovedOn = async (
  { db, clock, registries }: RolloutDeps,
  image: TaggedImage,
  to: Digest,
  signal: AbortSignal,
): Promise<boolean> => {
  const name = imageName(image);
  const { tag } = image;
  const seen = await readPublished(db, { name, tag });
  if (seen === null || seen === to) return false;
  const askedAt = clock.now();
  const lookUp = await registries.findDigest(image, signal);
  const answer = { name, tag, lookUp, members: null, askedAt };
  await relaxed(db, (query) => recordLookUps(query, [answer], clock.now()));
  return lookUp.kind === 'failed' || lookUp.digest !== to;
};
