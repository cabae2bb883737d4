import type { Platform } from './published.ts';
import type { Node, Service } from './service.ts';

/**
 * Whether a service may keep the platforms of its spec for an image of one platform, whichever that is:
 * they name just the one that every node has, so that the image runs there or nowhere. Where the spec
 * names none it may not: a node of another platform could join later.
 */
export const keepsPlatforms = (
  { platforms }: Pick<Service, 'platforms'>,
  nodes: readonly Pick<Node, 'platform'>[],
): boolean =>
  platforms.length > 0 &&
  nodes.length > 0 &&
  platforms.every((named) => nodes.every(({ platform }) => isSame(named, platform)));

const isSame = (one: Platform, other: Platform | null): boolean =>
  one.os === other?.os && one.architecture === other.architecture;
