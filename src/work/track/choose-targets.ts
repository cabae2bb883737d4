import { imageName } from '../../core/image/image-reference.ts';
import { trackedBy } from '../../core/policy/labels.ts';
import { chooseTag, refusalOf } from '../../core/policy/choose-tag.ts';
import type { TagSeen } from '../../core/policy/policy.ts';
import type { Service } from '../../core/swarm/service.ts';
import type { ClaimedCheck } from '../../store/check-queue/check-queue.ts';
import { taggedImage } from '../assess/check-services.ts';
import type { TaggedImage } from '../../core/contract/registries.ts';
import type { Tracking } from './read-tracking.ts';

/** A service that pushes affect, with the image to compare it with. */
export type Target = {
  readonly service: Service;
  readonly image: TaggedImage;
  /** The pushed tags that apply to it: its own, and those that the policy accepts. */
  readonly tags: readonly string[];
  /** All pushed tags are older than what the service has: nothing to compare. */
  readonly isOlder: boolean;
};

/**
 * What the pushes of `work` ask of a service; null if none affects it. The service is not moved to tags in `except`.
 */
export const targetOf = (
  { name, pushes }: Pick<ClaimedCheck, 'name' | 'pushes'>,
  tracking: Tracking,
  service: Service,
  except: readonly string[] = [],
): Target | null => {
  const image = taggedImage(service);
  if (image === null || imageName(image) !== name) return null;
  const tags = [...new Set(pushes.map(({ tag }) => tag))];
  const policy = trackedBy(service);
  const floor = policy === null ? null : tracking.floorOf(service);
  if (policy === null || floor === null) {
    if (!tags.includes(image.tag)) return null;
    return { service, image, tags: [image.tag], isOlder: false };
  }
  const seen = pushes.map(({ tag, named, receivedAt }): TagSeen => {
    const arrivedAt = policy.ordersTags ? receivedAt : tracking.arrivedAt(tag, named);
    return { tag, arrivedAt: arrivedAt ?? receivedAt };
  });
  const candidates = seen.filter(({ tag }) => !except.includes(tag));
  const own = tags.filter((tag) => tag === floor.tag || refusalOf(policy, tag, image.tag) === null);
  if (own.length === 0) return null;
  const chosen = chooseTag(policy, floor, candidates);
  if (chosen !== null)
    return { service, image: { ...image, tag: chosen }, tags: own, isOlder: false };
  // The tag that is being deployed was pushed earlier. These pushes share its outcome.
  const isCompared = tags.includes(floor.tag) || floor.tag !== image.tag;
  return { service, image: { ...image, tag: floor.tag }, tags: own, isOlder: !isCompared };
};
