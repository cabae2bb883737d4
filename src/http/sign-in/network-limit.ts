import { createAddressLimit } from './address-limit.ts';
import type { HookSecret } from '../ports/ports.ts';

/** Whether a secret may be used from an address. */
export const createNetworkLimit = (
  secrets: readonly HookSecret[],
): ((secret: HookSecret, address: string) => boolean) => {
  const limits = new Map(secrets.map((secret) => [secret, createAddressLimit(secret.networks)]));
  return (secret, address) => secret.networks === null || limits.get(secret)?.(address) === true;
};
