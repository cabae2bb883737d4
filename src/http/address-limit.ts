import { BlockList, isIP } from 'node:net';

const family = (address: string): 'ipv4' | 'ipv6' => (isIP(address) === 6 ? 'ipv6' : 'ipv4');

/**
 * Whether an address is one of those named, or in one of the networks (`10.0.0.0/8`, `fd00::/8`);
 * null limits nothing. What is no address is in none.
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
  // A socket that takes both families shows IPv4 addresses as IPv6 ones.
  return (address) => {
    const plain = address.replace(/^::ffff:(?=\d+\.)/i, '');
    return isIP(plain) !== 0 && list.check(plain, family(plain));
  };
};
