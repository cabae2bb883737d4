import { backoffMs } from '../core/backoff.ts';
import type { Digest } from '../core/digest.ts';
import { imageName } from '../core/image-reference.ts';
import { exclusionOf, unsupportedLabel } from '../core/labels.ts';
import { isAged } from '../core/rollout/aged.ts';
import { type Service, specDigest } from '../core/service.ts';
import type { Deployment } from '../store/deployments.ts';
import { readHolds } from '../store/holds.ts';
import { readLastAnswer } from '../store/published.ts';
import { keepLookUps } from '../store/checks/commit-checks.ts';
import { refusesOwnUpdate } from './own-service.ts';
import type { TaggedImage } from './ports.ts';
import type { RolloutDeps } from './rollout-deps.ts';

/** What becomes of a deployment whose turn has come, on the service as it is now. */
export type Decision =
  | { readonly kind: 'go' }
  | { readonly kind: 'skip'; readonly reason: string }
  /** The registry publishes another digest, which the service does not have yet. */
  | { readonly kind: 'decide-anew'; readonly to: Digest }
  /** The registry has to be asked, and gives no answer now. */
  | { readonly kind: 'later'; readonly problem: string; readonly afterMs: number };

const GO: Decision = { kind: 'go' };
const skipped = (reason: string): Decision => ({ kind: 'skip', reason });
/** A registry that gave no answer is asked again. */
const AGAIN = { firstMs: 2_000, longestMs: 60_000 };

/** Decides again, by what may have changed since the deployment was planned. */
export const decide = async (
  deps: RolloutDeps,
  deployment: Deployment,
  service: Service,
  signal: AbortSignal,
): Promise<Decision> => {
  if (!service.image.ok) return skipped('image-changed');
  const { image } = service.image;
  const { tag } = image;
  if (tag === null || imageName(image) !== deployment.name || tag !== deployment.tag)
    return skipped('image-changed');
  const { cause, to } = deployment;
  // What a person asks for stops only at the label that says no.
  const isAsked = cause === 'forced' || cause === 'taken-back';
  const exclusion = exclusionOf(service, deps.select);
  if (exclusion === 'label' || (exclusion !== null && !isAsked)) return skipped('excluded');
  const refusal = service.id === deps.ownServiceId() ? refusesOwnUpdate(service) : null;
  if (refusal !== null) return skipped(refusal);
  // A label may have come since the deployment was planned.
  if (!isAsked && unsupportedLabel(service) !== null) return skipped('held');
  if (to === null) return GO;
  if (image.digest === to && cause !== 'forced') return skipped('already-current');
  if (cause === 'taken-back') {
    return wasLeft(deployment, service) ? skipped('image-changed') : GO;
  }
  const published = await askAnew(deps, deployment, { ...image, tag }, signal);
  if (published !== null && typeof published === 'object') return published;
  if (published !== to) {
    return published === image.digest || published === null
      ? skipped('no-longer-published')
      : { kind: 'decide-anew', to: published };
  }
  if (isAsked) return GO;
  const hold = (await readHolds(deps.db, deployment.cluster))(service, to);
  return hold === null ? GO : skipped('held');
};

/** Whether somebody has given the service another image since a person asked to go back from what it had. */
const wasLeft = ({ from }: Deployment, service: Service): boolean =>
  specDigest(service) !== from && service.update?.rolledBackBy !== 'engine';

/**
 * The digest that the tag shows: what was seen a moment ago, or the registry's answer where the decision has
 * aged. Null where the tag is gone.
 */
const askAnew = async (
  { db, clock, registries, random }: RolloutDeps,
  deployment: Deployment,
  image: TaggedImage,
  signal: AbortSignal,
): Promise<Digest | null | Extract<Decision, { kind: 'later' }>> => {
  const name = imageName(image);
  const { tag } = image;
  const last = await readLastAnswer(db, { name, tag });
  const askedAt = clock.now();
  if (!isAged(deployment, image.digest, last, askedAt)) return deployment.to;
  const lookUp = await registries.findDigest(image, signal);
  const answer = { name, tag, lookUp, members: null, askedAt };
  await keepLookUps(db, [answer], clock.now());
  if (lookUp.kind === 'published') return lookUp.digest;
  if (lookUp.reason === 'tag-gone') return null;
  const pause = backoffMs(AGAIN, deployment.attempts + 1, random());
  return {
    kind: 'later',
    problem: lookUp.detail,
    afterMs: Math.max(pause, lookUp.retryAfterMs ?? 0),
  };
};
