import type { Platform } from '../published.ts';
import type { Node } from '../service.ts';

/** What a node and an image are called in messages, as Docker writes it. */
const nameOf = ({ os, architecture }: Platform): string =>
  architecture === '' ? `${os}/arm` : `${os}/${architecture}`;

const namesOf = (platforms: readonly Platform[]): string =>
  [...new Set(platforms.map(nameOf))].join(', ');

/** As the scheduler compares them: what an image leaves blank fits every node. */
const fits = (image: Platform, node: Platform): boolean =>
  (image.os === '' || image.os === node.os) &&
  (image.architecture === '' || image.architecture === node.architecture);

/**
 * Why no node of the cluster can run an image of these platforms, in one line for a person; null where one can,
 * or where too little is known to tell. A node that takes no tasks now does not count.
 *
 * @param platforms of the image; empty where it runs on any
 */
export const whyNoNodeFits = (
  platforms: readonly Platform[] | null,
  nodes: readonly Pick<Node, 'platform' | 'state' | 'availability'>[],
): string | null => {
  if (platforms === null || platforms.length === 0) return null;
  const open = nodes.filter(
    ({ state, availability }) => state !== 'down' && availability === 'active',
  );
  const known = open.flatMap(({ platform }) => platform ?? []);
  if (open.length === 0 || known.length < open.length) return null;
  if (known.some((node) => platforms.some((image) => fits(image, node)))) return null;
  return `the image is built for ${namesOf(platforms)}, and the nodes are ${namesOf(known)}: build it for one of those, or add a node`;
};
