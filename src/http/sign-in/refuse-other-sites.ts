import type { FastifyRequest } from 'fastify';
import { Problem } from '../problem/problem.ts';

/** A browser sends a header of its own to another site only after asking, and is never told yes. */
const OWN_HEADER = 'x-cd-helper';
const OWN_VALUE = 'dashboard';

export type OriginCheck = (request: Pick<FastifyRequest, 'headers' | 'host'>) => Problem | null;

const hostOf = (address: string): string | null =>
  URL.canParse(address) ? new URL(address).host : null;

/**
 * Null where a request that carries a session comes from our own page, else the problem. Browsers that
 * tell the site (`Sec-Fetch-Site`) are believed, since no page can set it; of the others the origin's host
 * is compared with the one that was asked, or with the public address. Schemes are not compared: behind a
 * proxy that ends TLS ours may not be known.
 */
export const createOriginCheck = (publicUrl: string | null): OriginCheck => {
  const publicHost = publicUrl === null ? null : hostOf(publicUrl);
  const isOwnOrigin = (origin: string, host: string): boolean => {
    const shown = hostOf(origin);
    return shown !== null && (shown === host.toLowerCase() || shown === publicHost);
  };
  return ({ headers, host }) => {
    const { origin } = headers;
    const site = headers['sec-fetch-site'];
    const isOwn =
      site === undefined
        ? origin === undefined || isOwnOrigin(origin, host)
        : site === 'same-origin';
    if (isOwn && headers[OWN_HEADER] === OWN_VALUE) return null;
    const detail = `with a session, only the dashboard may act: send ${OWN_HEADER}: ${OWN_VALUE}, from its own address`;
    return new Problem(403, 'cross-site', detail);
  };
};
