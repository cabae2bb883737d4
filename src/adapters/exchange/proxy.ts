import { BlockList, isIP } from 'node:net';
import { type buildConnector, type Dispatcher, Pool, ProxyAgent } from 'undici';

/** An address that may contain a password. Only the code that connects reveals it. */
export type ProxyAddress = { readonly reveal: () => string };

/** The values of `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`. */
export type Proxies = {
  readonly https: ProxyAddress | null;
  readonly http: ProxyAddress | null;
  /** Hosts that are contacted directly, separated by commas or spaces. */
  readonly bypass: string;
};

export const NO_PROXIES: Proxies = { https: null, http: null, bypass: '' };

type Place = Readonly<Pick<URL, 'protocol' | 'hostname' | 'port'>>;

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

const familyOf = (address: string): 'ipv4' | 'ipv6' => (isIP(address) === 4 ? 'ipv4' : 'ipv6');

const bareName = (hostname: string): string =>
  hostname
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '')
    .toLowerCase();

const isThisMachine = (host: string): boolean =>
  host === 'localhost' ||
  host.endsWith('.localhost') ||
  (isIP(host) !== 0 && loopback.check(host, familyOf(host)));

const isInNetwork = (host: string, entry: string): boolean => {
  const [address = '', bits] = entry.split('/');
  if (isIP(host) === 0 || isIP(address) === 0 || !/^\d{1,3}$/.test(bits ?? '')) return false;
  if (Number(bits) > (isIP(address) === 4 ? 32 : 128)) return false;
  const network = new BlockList();
  network.addSubnet(address, Number(bits), familyOf(address));
  return network.check(host, familyOf(host));
};

/**
 * Whether one entry of `NO_PROXY` matches. Docker's rules: a name with all its subdomains, an address or a network,
 * and optionally a port.
 */
const matchesEntry = (entry: string, host: string, port: string): boolean => {
  if (entry === '*') return true;
  if (entry.includes('/')) return isInNetwork(host, entry);
  const withPort = /^(?:\[(?<v6>[^\]]+)\]|(?<name>[^:]+)):(?<port>\d+)$/.exec(entry)?.groups;
  if (withPort !== undefined && withPort['port'] !== port) return false;
  const name = bareName(withPort?.['v6'] ?? withPort?.['name'] ?? entry);
  if (name.startsWith('*.')) return host.endsWith(name.slice(1));
  if (name.startsWith('.')) return host.endsWith(name);
  return host === name || (isIP(host) === 0 && host.endsWith(`.${name}`));
};

/** Whether `NO_PROXY` exempts a host. */
export const isBypassed = (place: Place, bypass: string): boolean => {
  const host = bareName(place.hostname);
  const port = place.port === '' ? (place.protocol === 'https:' ? '443' : '80') : place.port;
  return bypass
    .toLowerCase()
    .split(/[,\s]+/)
    .some((entry) => entry !== '' && matchesEntry(entry, host, port));
};

/** The proxy for an address; null if it is contacted directly, as this machine always is. */
export const proxyFor = (place: Place, proxies: Proxies): ProxyAddress | null => {
  const proxy = place.protocol === 'https:' ? proxies.https : proxies.http;
  if (proxy === null || isThisMachine(bareName(place.hostname))) return null;
  return isBypassed(place, proxies.bypass) ? null : proxy;
};

/** Connections to one origin, directly or through a proxy. */
export const createDispatcher = (
  origin: string,
  proxy: ProxyAddress | null,
  { connect, ...options }: Pool.Options & { readonly connect: buildConnector.BuildOptions },
): Dispatcher => {
  if (proxy === null) return new Pool(origin, { ...options, connect });
  // The proxy resolves names, so our own lookup must not decide where it connects.
  const { lookup: _, ...tls } = connect as buildConnector.BuildOptions & { lookup?: unknown };
  return new ProxyAgent({
    ...options,
    uri: proxy.reveal(),
    requestTls: tls,
    proxyTls: connect.timeout === undefined ? {} : { timeout: connect.timeout },
  });
};
