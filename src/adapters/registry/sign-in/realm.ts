import {
  bareHostname,
  isForbiddenHostname,
  isLoopbackHostname,
} from '../wire/forbidden-address.ts';
import { isKnownRealm } from './known-realms.ts';
import type { Endpoint } from '../wire/registry-host.ts';

/**
 * `trusted`: the registry's credentials may be sent there. `foreign`: it may be contacted, but without credentials.
 * `refused`: it is not contacted at all.
 */
export type Realm =
  | {
      readonly kind: 'trusted' | 'foreign';
      readonly url: URL;
      /** The same address over HTTPS, tried first: a registry behind a TLS proxy may name its realm with HTTP. */
      readonly secure: URL | null;
    }
  | { readonly kind: 'refused'; readonly problem: string };

/** Whether `parent` is a domain above `child`, and not just a top-level domain. */
const isParentDomain = (parent: string, child: string): boolean =>
  parent.includes('.') && /[a-z]/.test(parent) && child.endsWith(`.${parent}`);

const hostnameOf = (authority: string): string =>
  URL.canParse(`https://${authority}`)
    ? bareHostname(new URL(`https://${authority}`).hostname)
    : '';

/**
 * Judges the address to which a registry sends us for a token. Credentials go only to the registry's own host name
 * (any port), to a parent domain of it, to hosts of {@link isKnownRealm}, or where the operator allows it. They never
 * go over HTTP, unless the registry itself is contacted over HTTP. Link-local and metadata addresses are always
 * refused, and so is this machine if the registry is elsewhere.
 */
export const judgeRealm = (
  realm: string,
  endpoint: Pick<Endpoint, 'name' | 'authority' | 'signInHosts'>,
  registryScheme: 'https' | 'http',
): Realm => {
  if (!URL.canParse(realm)) return { kind: 'refused', problem: 'no address' };
  const url = new URL(realm);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    return { kind: 'refused', problem: 'neither HTTP nor HTTPS' };
  }
  if (url.username !== '' || url.password !== '') {
    return { kind: 'refused', problem: 'an address with a user in it' };
  }
  const hostname = bareHostname(url.hostname);
  if (isForbiddenHostname(hostname))
    return { kind: 'refused', problem: 'an address that is never contacted' };
  const registry = hostnameOf(endpoint.authority);
  const isAllowed =
    endpoint.signInHosts.some((host) => host === url.host || hostnameOf(host) === url.host) ||
    isKnownRealm(endpoint.name === 'docker.io' ? endpoint.name : registry, hostname);
  if (
    hostname !== registry &&
    !isAllowed &&
    isLoopbackHostname(hostname) &&
    !isLoopbackHostname(registry)
  ) {
    return { kind: 'refused', problem: 'an address of this machine' };
  }
  const belongs = hostname === registry || isParentDomain(hostname, registry) || isAllowed;
  const isSafe = url.protocol === 'https:' || registryScheme === 'http';
  // Anybody on the network path could have written what an HTTPS registry gets over HTTP.
  if (!belongs && !isSafe)
    return { kind: 'refused', problem: 'HTTP, while the registry uses HTTPS' };
  const secure = isSafe ? null : overTls(url);
  return { kind: belongs && isSafe ? 'trusted' : 'foreign', url, secure };
};

/** Keeps the port, unless it is HTTP's own. */
const overTls = (url: URL): URL => new URL(url.href.replace(/^http:/i, 'https:'));

/**
 * Judges a redirect of a token server: only within the same server, or from HTTP to HTTPS on the same host. Null for
 * anywhere else.
 */
export const judgeRealmRedirect = (location: string | null, from: URL): URL | null => {
  if (location === null || !URL.canParse(location, from.href)) return null;
  const url = new URL(location, from);
  const isUpgrade =
    from.protocol === 'http:' &&
    url.protocol === 'https:' &&
    (url.port === '' || url.port === from.port) &&
    bareHostname(url.hostname) === bareHostname(from.hostname);
  if (url.origin !== from.origin && !isUpgrade) return null;
  url.username = '';
  url.password = '';
  return url;
};
