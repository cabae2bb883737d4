import { parseImageReference } from '../image/image-reference.ts';
import type { ServiceView } from '../contract/views.ts';
import type { Follower } from './explain-push.ts';

/** The tag of an image as the API shows it; null where it has none, or is no image. */
export const tagOfImage = (image: string): string | null => {
  const parsed = parseImageReference(image);
  return parsed.ok ? parsed.image.tag : null;
};

/** A service as one that may follow tags; null where a digest alone stands in its image. */
export const followerOf = ({
  image,
  track,
}: Pick<ServiceView, 'image' | 'track'>): Follower | null => {
  const present = tagOfImage(image);
  return present === null ? null : { label: track ?? null, present };
};
