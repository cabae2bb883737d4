import type { Platform } from '../image/published.ts';
import type { Node, Service } from '../swarm/service.ts';
import { satisfies } from './placement-constraint.ts';

/** The name of a node's or image's platform in messages, in Docker's form. */
const nameOf = ({ os, architecture }: Platform): string => `${os}/${architecture || 'any'}`;

const namesOf = (platforms: readonly Platform[]): string =>
  [...new Set(platforms.map(nameOf))].join(', ');

/** An image for 32-bit ARM runs on nodes that say `armv6l` or `armv7l`, and on 64-bit ones. */
const isArm = (architecture: string): boolean => /^(?:arm|aarch64)/.test(architecture);

/** Compares like the scheduler: a field that the image leaves empty fits every node. */
const runsOn = (image: Platform, node: Platform): boolean => {
  if (image.os !== '' && image.os !== node.os) return false;
  const { architecture } = image;
  // It is sent as empty, so the scheduler would choose any node.
  if (architecture.toLowerCase() === 'arm') return isArm(node.architecture);
  return architecture === '' || architecture === node.architecture;
};

/** What the scheduler considers: the spec of the service, with the platforms of the new image. */
export type Placed = Pick<Service, 'mode' | 'constraints' | 'platforms'>;

/**
 * Why no node of the cluster can run an image for a service, in one line for a person; null if one can, or if too
 * little is known. A node that accepts no tasks now does not count.
 *
 * @param image its platforms, empty if it runs on any; null if unknown, then those of the spec count
 */
export const whyNoNodeFits = (
  image: readonly Platform[] | null,
  service: Placed,
  nodes: readonly Node[],
): string | null => {
  const { constraints } = service;
  const platforms = image ?? service.platforms;
  const open = nodes.filter(
    ({ state, availability }) => state !== 'down' && availability === 'active',
  );
  if (open.length === 0) return null;
  const allowed = open.filter((node) => constraints.every((one) => satisfies(node, one)));
  const asked = constraints.join(', ');
  if (allowed.length === 0) {
    // A global service wants no task on such a node, so nothing would be stopped.
    if (service.mode === 'global' || service.mode === 'global-job') return null;
    return `no node satisfies the placement constraints of the service (${asked}): change them, or add a node that does`;
  }
  const known = allowed.flatMap(({ platform }) => platform ?? []);
  if (platforms.length === 0 || known.length < allowed.length) return null;
  if (known.some((node) => platforms.some((one) => runsOn(one, node)))) return null;
  const which = allowed.length === open.length ? 'the nodes' : `the nodes that satisfy ${asked}`;
  return `the image is built for ${namesOf(platforms)}, and ${which} are ${namesOf(known)}: build it for one of those, or add a node`;
};
