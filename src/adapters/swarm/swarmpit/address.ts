import {
  type ClusterAddress,
  ClusterAddressError,
  parseClusterAddress,
} from '../wire/cluster-address.ts';

/** Where Swarmpit is spoken to; people give its address with `/api` or without, and below a path. */
export const parseSwarmpitAddress = (text: string): ClusterAddress => {
  if (!/^https?:\/\//.test(text)) {
    throw new ClusterAddressError(
      `"${text.replace(/\/\/[^/@]*@/, '//')}" is no address of Swarmpit; expected http://host:port or https://host/path`,
    );
  }
  const address = parseClusterAddress(text);
  return { ...address, basePath: address.basePath.replace(/\/api$/, '') };
};

/** The header's value from a token that people paste with the prefix or without; null where it cannot be one. */
export const bearerOf = (token: string): string | null => {
  const bare = token.trim().replace(/^bearer(?:\s+|$)/i, '');
  return /^[\x21-\x7e]+$/.test(bare) ? `Bearer ${bare}` : null;
};
