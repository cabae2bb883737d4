import { lookup, type LookupAddress, type LookupAllOptions } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { ForbiddenAddress } from './connection-failure.ts';
import { isForbiddenAddress, isLoopbackAddress, isPrivateAddress } from './forbidden-address.ts';

/**
 * Where a connection may lead. A host that the operator named may be anywhere. A host that only a registry named, by
 * a redirect or a token realm, may be inside a private network or on this machine only if that registry is there too.
 */
export type Reach = { readonly mayBeLocal: boolean; readonly mayBePrivate: boolean };

/** Whether a connection to this address must be refused. */
export const refusesAddress = (address: string, { mayBeLocal, mayBePrivate }: Reach): boolean =>
  isForbiddenAddress(address) ||
  (!mayBeLocal && isLoopbackAddress(address)) ||
  (!mayBePrivate && !isLoopbackAddress(address) && isPrivateAddress(address));

type Resolve = (
  hostname: string,
  options: LookupAllOptions,
  callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

/**
 * Resolves names for connections, and refuses those that lead to a forbidden address: what counts is the address to
 * connect to, not the look of the name. One forbidden address among several is enough, because we do not choose which
 * one is used.
 *
 * @param resolved called with the addresses of the name, before anything is refused
 */
export const guardedLookup =
  (
    reach: Reach,
    resolved: (addresses: readonly string[]) => void = () => {},
    resolve: Resolve = lookup,
  ): LookupFunction =>
  (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
      if (error !== null) return callback(error, []);
      resolved(addresses.map(({ address }) => address));
      if (addresses.some(({ address }) => refusesAddress(address, reach))) {
        return callback(new ForbiddenAddress(hostname), []);
      }
      const [first] = addresses;
      if (options.all === true || first === undefined) return callback(null, addresses);
      return callback(null, first.address, first.family);
    });
  };
