import { isIP } from 'node:net';
import type { FastifyRequest } from 'fastify';

/** How a socket that takes both families shows IPv4 addresses. */
const MAPPED = '::ffff:';

/**
 * An address as it is recorded, limited and logged: an IPv4 address is shown as one, whatever family
 * the socket that took it has, here or at a proxy.
 */
export const plainAddress = (address: string): string =>
  address.startsWith('::') && address.includes('.') && address.toLowerCase().startsWith(MAPPED)
    ? address.slice(MAPPED.length)
    : address;

/**
 * Who asks, as far as proxies are trusted to say so. What a proxy says is checked to be an address: it is limited,
 * recorded and logged.
 */
export const addressOf = (request: Pick<FastifyRequest, 'ip'>): string => {
  const address = plainAddress(request.ip);
  return isIP(address) === 0 ? 'unknown' : address;
};
