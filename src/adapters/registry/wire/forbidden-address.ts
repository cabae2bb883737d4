import { BlockList, isIP } from 'node:net';

/**
 * Addresses where no registry ever is, but where machines keep secrets: link-local ones, metadata services of clouds
 * at other addresses, unspecified, multicast and broadcast.
 */
const forbidden = new BlockList();
forbidden.addSubnet('0.0.0.0', 8, 'ipv4');
forbidden.addSubnet('169.254.0.0', 16, 'ipv4');
forbidden.addSubnet('224.0.0.0', 4, 'ipv4');
forbidden.addAddress('255.255.255.255', 'ipv4');
// Metadata services of Alibaba, Oracle and Azure; over IPv6 those of Amazon, Google and Scaleway.
forbidden.addAddress('100.100.100.200', 'ipv4');
forbidden.addAddress('192.0.0.192', 'ipv4');
forbidden.addAddress('168.63.129.16', 'ipv4');
forbidden.addAddress('fd00:ec2::254', 'ipv6');
forbidden.addAddress('fd20:ce::254', 'ipv6');
forbidden.addAddress('fd00:42::42', 'ipv6');
forbidden.addAddress('::', 'ipv6');
forbidden.addSubnet('fe80::', 10, 'ipv6');
forbidden.addSubnet('ff00::', 8, 'ipv6');

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/** Networks that cannot be reached from outside: private, carrier-grade NAT, unique-local, site-local. */
const inner = new BlockList();
inner.addSubnet('10.0.0.0', 8, 'ipv4');
inner.addSubnet('172.16.0.0', 12, 'ipv4');
inner.addSubnet('192.168.0.0', 16, 'ipv4');
inner.addSubnet('100.64.0.0', 10, 'ipv4');
inner.addSubnet('fc00::', 7, 'ipv6');
inner.addSubnet('fec0::', 10, 'ipv6');

const FORBIDDEN_NAMES = new Set([
  'metadata',
  'metadata.goog',
  'metadata.google.internal',
  'instance-data',
  'instance-data.ec2.internal',
]);

const isIn = (list: BlockList, address: string): boolean => {
  const family = isIP(address);
  return family !== 0 && list.check(address, family === 4 ? 'ipv4' : 'ipv6');
};

/** The IPv4 address inside an IPv6 one (mapped, compatible, NAT64, 6to4), or the address itself. */
const unwrapped = (address: string): string => {
  if (isIP(address) !== 6) return address;
  const groups = wholeGroups(address);
  const [first = 0, , , , , , high = 0, low = 0] = groups;
  const leading = groups.slice(0, 6);
  const isMapped = leading.slice(0, 5).every((group) => group === 0) && leading[5] === 0xffff;
  const isCompatible = leading.every((group) => group === 0) && high !== 0;
  const isNat64 = first === 0x64 && groups[1] === 0xff9b;
  if (isMapped || isCompatible || isNat64) return dotted(high, low);
  return first === 0x2002 ? dotted(groups[1] ?? 0, groups[2] ?? 0) : address;
};

const dotted = (high: number, low: number): string =>
  [high >> 8, high & 0xff, low >> 8, low & 0xff].join('.');

const wholeGroups = (address: string): number[] => {
  // The WHATWG URL parser writes a dotted tail as hex groups.
  const text = new URL(`http://[${address.replace(/%.*$/, '')}]/`).hostname.slice(1, -1);
  const [head = '', tail] = text.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => '0');
  return [...left, ...zeros, ...right].map((group) => Number.parseInt(group, 16));
};

/** A URL's hostname in lower case, without IPv6 brackets and the final dot. */
export const bareHostname = (hostname: string): string =>
  hostname
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '')
    .toLowerCase();

/** Whether this IP address must never be contacted. */
export const isForbiddenAddress = (address: string): boolean =>
  isIn(forbidden, address) || isIn(forbidden, unwrapped(address));

/** Whether this IP address is the machine's own. */
export const isLoopbackAddress = (address: string): boolean =>
  isIn(loopback, address) || isIn(loopback, unwrapped(address));

/** Whether this IP address is inside a private network or the machine's own. */
export const isPrivateAddress = (address: string): boolean =>
  isIn(inner, address) || isIn(inner, unwrapped(address)) || isLoopbackAddress(address);

/**
 * Whether a hostname itself shows that it must never be contacted. A name's addresses are checked when it is
 * resolved.
 */
export const isForbiddenHostname = (hostname: string): boolean => {
  const bare = bareHostname(hostname);
  return FORBIDDEN_NAMES.has(bare) || isForbiddenAddress(bare);
};

/** Whether a hostname itself shows that it is this machine. */
export const isLoopbackHostname = (hostname: string): boolean => {
  const bare = bareHostname(hostname);
  return bare === 'localhost' || bare.endsWith('.localhost') || isLoopbackAddress(bare);
};
