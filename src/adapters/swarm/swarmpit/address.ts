import {
  type ClusterAddress,
  ClusterAddressError,
  parseClusterAddress,
} from '../wire/cluster-address.ts';

/** The address of Swarmpit. People write it with or without `/api`, and possibly with a path. */
export const parseSwarmpitAddress = (text: string): ClusterAddress => {
  if (!/^https?:\/\//.test(text)) {
    throw new ClusterAddressError(
      `"${text.replace(/\/\/[^/@]*@/, '//')}" is not an address of Swarmpit; expected http://host:port or https://host/path`,
    );
  }
  const address = parseClusterAddress(text);
  return { ...address, basePath: address.basePath.replace(/\/api$/, '') };
};

/** The header's value for a token, which people paste with or without the prefix; null if it cannot be a token. */
export const bearerOf = (token: string): string | null => {
  const bare = token.trim().replace(/^bearer(?:\s+|$)/i, '');
  return /^[\x21-\x7e]+$/.test(bare) ? `Bearer ${bare}` : null;
};
