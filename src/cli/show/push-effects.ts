import { imageName, imageWithTag } from '../../core/image/image-reference.ts';
import { effectOfPush } from '../../core/policy/explain-push.ts';
import { followerOf } from '../../core/policy/follower-of.ts';
import type { HeldTag } from '../../core/policy/tracking.ts';
import type { ImagePush } from '../../core/image/push.ts';
import type { ServiceView } from '../../core/contract/views.ts';

/** The held tags of a service, as far as known. */
export type FindHeld = (service: ServiceView) => readonly HeldTag[];

/**
 * What a push means for the services with its repository, one line each.
 *
 * @param pushes all pushes of the delivery: a service takes the newest of those to its repository
 */
export const pushEffects = (
  push: ImagePush,
  pushes: readonly ImagePush[],
  services: readonly ServiceView[],
  heldOf: FindHeld = () => [],
): readonly string[] => {
  const name = imageName(push.image);
  const related = services.filter(({ image }) => image.startsWith(`${name}:`));
  if (related.length === 0) return ['no service runs it: no registry is asked'];
  const tags = pushes.flatMap(({ image }) =>
    imageName(image) === name && image.tag !== null ? [image.tag] : [],
  );
  return related.map((service) => {
    const who = `${service.name} (${service.cluster})`;
    return `${who} ${effectOn(service, push, tags, heldOf)}`;
  });
};

const effectOn = (
  service: ServiceView,
  push: ImagePush,
  tags: readonly string[],
  heldOf: FindHeld,
): string => {
  const { image, running, verdict, reason } = service;
  const { tag } = push.image;
  const follower = followerOf(service);
  if (verdict === 'pinned' || verdict === 'excluded') return `is ${verdict}: left alone`;
  if (follower === null || tag === null || image === imageWithTag(push.image)) {
    if (push.digest !== null && push.digest === running) return 'already runs that digest';
    if (verdict === 'held') return `is held: ${reason ?? 'no reason given'}`;
    return running === null
      ? 'shows no digest: it would be redeployed once for this push'
      : 'would be checked, and redeployed if its digest differs';
  }
  if (follower.label === null) return `runs ${image}: another tag, left alone`;
  const { label, present } = follower;
  const effect = effectOfPush(follower, tag, tags);
  switch (effect.kind) {
    case 'moves': {
      if (push.digest !== null && push.digest === running) return 'already runs that digest';
      const held = heldOf(service).find((one) => one.tag === tag);
      const move = `move ${present} → ${tag}: matches ${label}`;
      return held === undefined
        ? `would ${move}`
        : `would ${move}, but it is held (${held.reason}): ${held.why}`;
    }
    case 'stays':
      return `follows ${label} and stays at ${present}: ${effect.why}`;
    case 'compared':
      return 'would be checked, and redeployed if its digest differs';
    default:
      return effect satisfies never;
  }
};
