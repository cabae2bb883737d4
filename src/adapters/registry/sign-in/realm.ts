import {
  bareHostname,
  isForbiddenHostname,
  isLoopbackHostname,
} from '../wire/forbidden-address.ts';
import { isKnownRealm } from './known-realms.ts';
import type { Endpoint } from '../wire/registry-host.ts';

/**
 * `trusted`: the registry's credentials may be sent there. `foreign`: it may be asked, without any.
 * `refused`: it is not asked at all.
 */
export type Realm =
  | {
      readonly kind: 'trusted' | 'foreign';
      readonly url: URL;
      /** The same over HTTPS, tried first: the realm of a registry whose TLS ends in a proxy. */
      readonly secure: URL | null;
    }
  | { readonly kind: 'refused'; readonly problem: string };

/** Whether `parent` is a domain above `child`, and more than a top-level one. */
const isParentDomain = (parent: string, child: string): boolean =>
  parent.includes('.') && /[a-z]/.test(parent) && child.endsWith(`.${parent}`);

const hostnameOf = (authority: string): string =>
  URL.canParse(`https://${authority}`)
    ? bareHostname(new URL(`https://${authority}`).hostname)
    : '';

/**
 * Judges where a registry sends us for a token. Credentials go only to the registry's own host name
 * (any port) or a parent domain of it, to those of {@link isKnownRealm}, or where the operator allows it, and
 * never over HTTP unless the registry itself is spoken to so. Nobody is sent to link-local and metadata
 * addresses, nor to this machine by a registry that is elsewhere.
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
    return { kind: 'refused', problem: 'an address that is never asked' };
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
  // What an HTTPS registry gets over HTTP, anybody on the way could have written.
  if (!belongs && !isSafe)
    return { kind: 'refused', problem: 'HTTP, while it is asked over HTTPS' };
  const secure = isSafe ? null : overTls(url);
  return { kind: belongs && isSafe ? 'trusted' : 'foreign', url, secure };
};

/** Ports stay, but for HTTP's own. */
const overTls = (url: URL): URL => new URL(url.href.replace(/^http:/i, 'https:'));

/**
 * Judges where a token server sends us on: only within itself, or from HTTP to HTTPS at the same host. Null
 * for anywhere else.
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
