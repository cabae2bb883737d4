import { BlockList, isIP } from 'node:net';

const family = (address: string): 'ipv4' | 'ipv6' => (isIP(address) === 6 ? 'ipv6' : 'ipv4');

/**
 * Whether an address is in the list, or in one of the networks (`10.0.0.0/8`, `fd00::/8`); null limits nothing. Invalid
 * addresses never match.
 */
export const createAddressLimit = (
  networks: readonly string[] | null,
): ((address: string) => boolean) => {
  if (networks === null) return () => true;
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', prefix] = network.split('/', 2);
    if (prefix === undefined) list.addAddress(address, family(address));
    else list.addSubnet(address, Number(prefix), family(address));
  }
  return (address) => isIP(address) !== 0 && list.check(address, family(address));
};
