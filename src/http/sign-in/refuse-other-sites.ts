import type { FastifyRequest } from 'fastify';
import { Problem } from '../problem/problem.ts';

/** For another site, a browser sends a custom header only after a preflight request, which the helper never allows. */
const OWN_HEADER = 'x-cd-helper';
const OWN_VALUE = 'dashboard';

export type OriginCheck = (request: Pick<FastifyRequest, 'headers' | 'host'>) => Problem | null;

const hostOf = (address: string): string | null =>
  URL.canParse(address) ? new URL(address).host : null;

/**
 * Returns null if a request with a session comes from our own page, else the problem. `Sec-Fetch-Site` is trusted if
 * the browser sends it, because no page can set it. Otherwise the origin's host is compared with the requested host, or
 * with the public address. Schemes are not compared: behind a proxy that terminates TLS, the helper may not know its
 * own.
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
