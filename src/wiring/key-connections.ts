import type { Dispatcher } from 'undici';
import { createDispatcher, proxyFor } from '../adapters/exchange/proxy.ts';
import type { ProxiesConfig } from '../config/schema/config.ts';

const CONNECT_TIMEOUT_MS = 3_000;

/**
 * Connections to token issuers for their keys: through a proxy if the environment names one, otherwise null for the
 * default connections.
 */
export const createKeyConnections = (
  proxies: ProxiesConfig,
): ((address: URL) => Dispatcher | null) => {
  // There are only a few configured addresses.
  const made = new Map<string, Dispatcher>();
  return (address) => {
    const proxy = proxyFor(address, proxies);
    if (proxy === null) return null;
    const { origin } = address;
    const present = made.get(origin);
    if (present !== undefined) return present;
    const dispatcher = createDispatcher(origin, proxy, {
      connect: { timeout: CONNECT_TIMEOUT_MS },
    });
    made.set(origin, dispatcher);
    return dispatcher;
  };
};
