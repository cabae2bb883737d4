import { imageName, imageWithTag, type ImageReference } from '../../core/image/image-reference.ts';
import {
  exclusionOf,
  type Selection,
  trackLabel,
  unsupportedLabel,
} from '../../core/policy/labels.ts';
import { effectOfPush } from '../../core/policy/explain-push.ts';
import { presentTag, type Service } from '../../core/swarm/service.ts';
import { unsupportedWords } from '../../core/verdict/verdict.ts';

/** An image that somebody asks about, as a push would name it. */
export type AskedPush = ImageReference & { readonly tag: string };

/** `2 of them follow tags`; empty if none does. */
export const tellFollowers = (services: readonly Service[]): readonly string[] => {
  const count = services.filter((service) => trackLabel(service) !== null).length;
  if (count === 0) return [];
  return [`${count} of them ${count === 1 ? 'follows' : 'follow'} tags`];
};

/** Services that are held because their tracking label is wrong; null if there are none. */
export const tellWrongLabels = (services: readonly Service[]): string | null => {
  const wrong = services.flatMap((service) => {
    const label = unsupportedLabel(service);
    return label?.startsWith('cd-helper.track=') === true
      ? [`${service.name}: ${unsupportedWords(label)}`]
      : [];
  });
  return wrong.length === 0 ? null : wrong.join('; ');
};

/** What a push would mean for the services of a cluster with its repository, one line each. */
export const tellPush = (
  push: AskedPush,
  services: readonly Service[],
  select: Selection,
): readonly string[] => {
  const name = imageName(push);
  return services.flatMap((service) =>
    service.image.ok && imageName(service.image.image) === name
      ? [`${service.name} ${effectOn(push, service, select)}`]
      : [],
  );
};

const effectOn = (push: AskedPush, service: Service, select: Selection): string => {
  const present = presentTag(service);
  if (present === null) return 'is pinned to a digest: left alone';
  const exclusion = exclusionOf(service, select);
  if (exclusion !== null) return `is excluded (${exclusion}): left alone`;
  const label = trackLabel(service);
  const effect = effectOfPush({ label, present }, push.tag);
  if (effect.kind === 'stays') {
    return label === null
      ? `has ${imageWithTag({ ...push, tag: present })}: another tag, left alone`
      : `follows ${label} and stays at ${present}: ${effect.why}`;
  }
  const unsupported = unsupportedLabel(service);
  if (unsupported !== null) return `is held: ${unsupportedWords(unsupported)}`;
  return effect.kind === 'moves'
    ? `would move ${present} → ${push.tag}: matches ${label}`
    : 'has this tag: it would be redeployed if its digest differs';
};
