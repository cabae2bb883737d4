import type { Dispatcher } from 'undici';
import { createDispatcher, proxyFor } from '../adapters/exchange/proxy.ts';
import type { ProxiesConfig } from '../config/schema/config.ts';

const CONNECT_TIMEOUT_MS = 3_000;

/** Connections to issuers of keys: through a proxy where the environment names one, else null for the usual ones. */
export const createKeyConnections = (
  proxies: ProxiesConfig,
): ((address: URL) => Dispatcher | null) => {
  // Of configured addresses there are few.
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
