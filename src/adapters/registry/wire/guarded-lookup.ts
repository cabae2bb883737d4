import { lookup, type LookupAddress, type LookupAllOptions } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { ForbiddenAddress } from './connection-failure.ts';
import { isForbiddenAddress, isLoopbackAddress, isPrivateAddress } from './forbidden-address.ts';

/**
 * Where a connection may lead. Whom the operator named may be anywhere; whom only a registry named, by a redirect or
 * a token realm, may be inside a network or on this machine only if that registry is there itself.
 */
export type Reach = { readonly mayBeLocal: boolean; readonly mayBePrivate: boolean };

/** Whether a connection to this address is refused, whoever named it. */
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
 * Resolves names for connections, and refuses those that lead where nothing is ever asked: what counts
 * is the address that is connected to, whatever the name looked like before. One such among others is
 * enough, since it is not ours to say which one is connected to.
 *
 * @param resolved told what the name led to, before anything is refused
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
