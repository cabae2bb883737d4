import { isIP } from 'node:net';
import type { FastifyRequest } from 'fastify';

/** The prefix of IPv4 addresses on a dual-stack socket. */
const MAPPED = '::ffff:';

/**
 * The form of an address for records, limits and logs. An IPv4 address has one form, whatever the family of the socket
 * that accepted it, here or at a proxy.
 */
export const plainAddress = (address: string): string =>
  address.startsWith('::') && address.includes('.') && address.toLowerCase().startsWith(MAPPED)
    ? address.slice(MAPPED.length)
    : address;

/**
 * The client's address, as far as trusted proxies report it. A proxy's value is validated, because it is used in
 * limits, records and logs.
 */
export const addressOf = (request: Pick<FastifyRequest, 'ip'>): string => {
  const address = plainAddress(request.ip);
  return isIP(address) === 0 ? 'unknown' : address;
};
