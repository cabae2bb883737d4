import { parseImageReference } from '../image/image-reference.ts';
import type { ServiceView } from '../contract/views.ts';
import type { Follower } from './explain-push.ts';

/** The tag of an image as the API shows it; null if it has none or is not an image. */
export const tagOfImage = (image: string): string | null => {
  const parsed = parseImageReference(image);
  return parsed.ok ? parsed.image.tag : null;
};

/** A service as one that may follow tags; null if its image has a digest and no tag. */
export const followerOf = ({
  image,
  track,
}: Pick<ServiceView, 'image' | 'track'>): Follower | null => {
  const present = tagOfImage(image);
  return present === null ? null : { label: track ?? null, present };
};
