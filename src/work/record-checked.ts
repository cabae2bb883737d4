import { imageName } from '../core/image-reference.ts';
import type { Query } from '../store/open-store.ts';
import { recordLookUps } from '../store/published.ts';
import type { CheckedService } from './check-services.ts';

/** Remembers what the registries answered while services were checked, each image once. */
export const recordChecked = async (
  query: Query,
  checked: readonly CheckedService[],
  now: number,
): Promise<void> => {
  const byImage = Map.groupBy(checked, ({ image }) =>
    image === null ? null : `${imageName(image)}:${image.tag}`,
  );
  const answers = [...byImage.values()].flatMap((services) => {
    // The reading of the manifest may have failed for one and not been needed for another.
    const shown = services.find(({ members }) => members !== null) ?? services[0];
    if (shown === undefined || shown.image === null || shown.lookUp === null) return [];
    const { image, lookUp, members } = shown;
    return { name: imageName(image), tag: image.tag, lookUp, members };
  });
  await recordLookUps(query, answers, now);
};
