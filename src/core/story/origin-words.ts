import { shortDigest } from '../image/digest.ts';
import type { DeploymentView } from '../contract/views.ts';
import type { ServiceStory } from './service-story.ts';
import type { WentBack } from './went-back.ts';

const WHO_WENT_BACK: Readonly<Record<WentBack['by'], string>> = {
  helper: 'the helper, which reverted it',
  engine: 'the engine, which rolled it back',
  person: 'a person, who rolled it back',
};

/**
 * Where the running image of a service came from: `hook`, or who went back to it, and from what.
 *
 * @param by describes what triggered a deployment
 */
export const originWords = (
  { origin, back }: Pick<ServiceStory, 'origin' | 'back'>,
  by: (deployment: DeploymentView) => string,
): string => {
  if (origin === null) return 'somebody else, not through this helper';
  if (back === null) return by(origin);
  const from = origin.to === null ? '?' : shortDigest(origin.to);
  return `${WHO_WENT_BACK[back.by]} from ${from}, deployed by ${by(origin)}`;
};
