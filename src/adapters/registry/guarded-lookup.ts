import { lookup, type LookupAddress, type LookupAllOptions } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { ForbiddenAddress } from './connection-failure.ts';
import { isForbiddenAddress, isLoopbackAddress } from './forbidden-address.ts';

/** Whether a connection to this address is refused, whoever named it. */
export const refusesAddress = (address: string, mayBeLocal: boolean): boolean =>
  isForbiddenAddress(address) || (!mayBeLocal && isLoopbackAddress(address));

type Resolve = (
  hostname: string,
  options: LookupAllOptions,
  callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

/**
 * Resolves names for connections, and refuses those that lead where nothing is ever asked: what counts
 * is the address that is connected to, whatever the name looked like before. One such among others is
 * enough, since it is not ours to say which one is connected to.
 */
export const guardedLookup =
  (mayBeLocal: boolean, resolve: Resolve = lookup): LookupFunction =>
  (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
      if (error !== null) return callback(error, []);
      if (addresses.some(({ address }) => refusesAddress(address, mayBeLocal))) {
        return callback(new ForbiddenAddress(hostname), []);
      }
      const [first] = addresses;
      if (options.all === true || first === undefined) return callback(null, addresses);
      return callback(null, first.address, first.family);
    });
  };
