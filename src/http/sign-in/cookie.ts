import type { FastifyRequest } from 'fastify';

export const SESSION_COOKIE = 'cd-helper-session';
const FORM = /^[\w-]{43}$/;
/**
 * Maximum number of cookies with the name that are tried: a neighbour on the same domain can add some, and each costs a
 * query to the store.
 */
const MOST_TRIED = 8;

export type CookiePlace = { readonly basePath: string; readonly isSecure: boolean };

/**
 * Over TLS, prefixes restrict who can set the cookie: `__Host-` to this exact host for every path, which no neighbour
 * on a subdomain can do, and `__Secure-` below a base path.
 */
export const sessionCookie = ({ basePath, isSecure }: CookiePlace): string => {
  if (!isSecure) return SESSION_COOKIE;
  return `${basePath === '' ? '__Host-' : '__Secure-'}${SESSION_COOKIE}`;
};

/** Whether sessions use TLS, according to the public address or the request. */
export const createCookiePlace = (of: {
  readonly basePath: string;
  readonly publicUrl?: string | null;
}): ((request: Pick<FastifyRequest, 'protocol'>) => CookiePlace) => {
  const isPublicSecure = of.publicUrl?.startsWith('https:') ?? false;
  return ({ protocol }) => ({
    basePath: of.basePath,
    isSecure: isPublicSecure || protocol === 'https',
  });
};

/** All session ids in a request's cookies of that name, in their order. */
export const readSessionCookies = (
  header: string | undefined,
  place: CookiePlace,
): readonly string[] => {
  if (header === undefined) return [];
  const wanted = sessionCookie(place);
  const ids = new Set<string>();
  for (const pair of header.split(';')) {
    const [name, value = ''] = pair.split('=', 2);
    if (name?.trim() === wanted && FORM.test(value.trim())) ids.add(value.trim());
    if (ids.size === MOST_TRIED) break;
  }
  return [...ids];
};

/**
 * `Set-Cookie` for a session: scripts cannot read it, requests from other sites do not contain it, and with TLS it is
 * never sent without. `seconds` 0 deletes it.
 */
export const printSessionCookie = (
  id: string,
  place: CookiePlace & { readonly seconds: number },
): string => {
  const { basePath, isSecure, seconds } = place;
  const parts = [
    `${sessionCookie(place)}=${id}`,
    `Path=${basePath}/`,
    `Max-Age=${seconds}`,
    'HttpOnly',
  ];
  return [...parts, 'SameSite=Strict', ...(isSecure ? ['Secure'] : [])].join('; ');
};
