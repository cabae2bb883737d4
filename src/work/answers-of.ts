import { imageName, imageWithTag } from '../core/image-reference.ts';
import type { NewLookUp } from '../store/published.ts';
import type { CheckedService } from './check-services.ts';
import type { TaggedImage } from './ports.ts';

/**
 * What the registries answered while services were checked, each image once.
 *
 * @param askedAt when they were asked about an image, or before that, ms since the epoch
 */
export const answersOf = (
  checked: readonly CheckedService[],
  askedAt: (image: TaggedImage) => number,
): readonly NewLookUp[] => {
  const shown = new Map<string, NewLookUp>();
  // Those that spell an image the same have one object of it: few texts are made of thousands of services.
  for (const [image, services] of Map.groupBy(checked, (one) => one.image)) {
    // Some may be excluded. The reading of the manifest may have failed for one and not been needed
    // for another.
    const asked = services.filter(({ lookUp }) => lookUp !== null);
    const one = asked.find(({ members }) => members !== null) ?? asked[0];
    if (image === null || one === undefined || one.lookUp === null) continue;
    const text = imageWithTag(image);
    if (one.members === null && shown.has(text)) continue;
    const { lookUp, members } = one;
    const answer = { lookUp, members, askedAt: askedAt(image) };
    shown.set(text, { name: imageName(image), tag: image.tag, ...answer });
  }
  return [...shown.values()];
};
