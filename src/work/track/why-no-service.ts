import { imageName } from '../../core/image/image-reference.ts';
import { effectOfPush } from '../../core/policy/explain-push.ts';
import { trackLabel } from '../../core/policy/labels.ts';
import { presentTag, type Service } from '../../core/swarm/service.ts';

/** Up to this many services are named; the others are counted. */
const MOST_NAMED = 3;

/**
 * Why none of the services of a repository takes a pushed tag: what those with a tracking label say against it. One
 * line for a person; null if none has such a label.
 */
export const whyNoService = (
  name: string,
  services: readonly Service[],
  tag: string,
): string | null => {
  const reasons = services.flatMap((service) => {
    const label = trackLabel(service);
    const present = presentTag(service);
    const isOf = service.image.ok && imageName(service.image.image) === name;
    if (!isOf || label === null || present === null) return [];
    const effect = effectOfPush({ label, present }, tag);
    if (effect.kind !== 'stays') return [];
    const follows = effect.why.includes(label) ? '' : ` (${label})`;
    return [`${service.name}${follows}: ${effect.why}`];
  });
  if (reasons.length === 0) return null;
  const more = reasons.length - MOST_NAMED;
  const told = reasons.slice(0, MOST_NAMED).join('; ');
  return `no service takes it: ${told}${more > 0 ? `; and ${more} more` : ''}`;
};
