import { isForbiddenHostname, isLoopbackHostname } from './forbidden-address.ts';

export const MOST_REDIRECTS = 3;

const REDIRECTS = new Set([301, 302, 303, 307, 308]);

/** Whether the status is a redirect. */
export const isRedirect = (status: number): boolean => REDIRECTS.has(status);

export type Redirect =
  | { readonly kind: 'follow'; readonly url: URL; readonly isSameOrigin: boolean }
  | { readonly kind: 'refused'; readonly problem: string };

/**
 * Judges a redirect in an answer from `from`: never to link-local and metadata addresses, never to this machine from
 * elsewhere, never from HTTPS to HTTP.
 */
export const judgeRedirect = (location: string | null, from: URL): Redirect => {
  if (location === null || !URL.canParse(location, from.href)) {
    return { kind: 'refused', problem: 'to no address' };
  }
  const url = new URL(location, from);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    return { kind: 'refused', problem: 'to neither HTTP nor HTTPS' };
  }
  if (from.protocol === 'https:' && url.protocol === 'http:') {
    return { kind: 'refused', problem: 'from HTTPS to HTTP' };
  }
  const isLocalFromElsewhere =
    isLoopbackHostname(url.hostname) && !isLoopbackHostname(from.hostname);
  if (isForbiddenHostname(url.hostname) || isLocalFromElsewhere) {
    return { kind: 'refused', problem: 'to an address that is never contacted' };
  }
  url.username = '';
  url.password = '';
  return { kind: 'follow', url, isSameOrigin: url.origin === from.origin };
};
