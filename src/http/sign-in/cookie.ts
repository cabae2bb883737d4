import type { FastifyRequest } from 'fastify';

export const SESSION_COOKIE = 'cd-helper-session';
const FORM = /^[\w-]{43}$/;
/** Cookies of the name that are tried: a neighbour on the same domain can add some, and each costs a look into the store. */
const MOST_TRIED = 8;

export type CookiePlace = { readonly basePath: string; readonly isSecure: boolean };

/**
 * Over TLS a browser takes the name only from who may set it: `__Host-` from this very host for every path, which no
 * neighbour on a subdomain can do, and `__Secure-` below a base path.
 */
export const sessionCookie = ({ basePath, isSecure }: CookiePlace): string => {
  if (!isSecure) return SESSION_COOKIE;
  return `${basePath === '' ? '__Host-' : '__Secure-'}${SESSION_COOKIE}`;
};

/** Whether sessions go over TLS: as the public address says, or as the request came. */
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

/** The ids of sessions that a request shows, of every cookie of that name, in their order. */
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
 * `Set-Cookie` for a session: no script reads it, no other site's request carries it, and over TLS it never leaves
 * without. `seconds` 0 takes it away.
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
