import { hash } from 'node:crypto';
import { createSecureContext, getCACertificates, type SecureContext } from 'node:tls';
import type { Dispatcher } from 'undici';
import type { Secret } from '../../../core/secret.ts';
import {
  createDispatcher,
  type Proxies,
  type ProxyAddress,
  proxyFor,
} from '../../exchange/proxy.ts';
import { createBoundedCache } from './bounded-cache.ts';
import { explainConnectionFailure, ForbiddenAddress } from './connection-failure.ts';
import { type Deadline, watchLimit } from '../../exchange/deadline.ts';
import { decodeBody } from './decode-body.ts';
import { type Answer, exchangeOnce, type Target } from './exchange-once.ts';
import { bareHostname, isForbiddenHostname } from './forbidden-address.ts';
import { guardedLookup, refusesAddress } from './guarded-lookup.ts';
import { createReaches } from './reach.ts';
import { RegistryError } from './registry-error.ts';
import type { RegistryTls } from './registry-host.ts';

export type Exchange = {
  readonly method: 'GET' | 'HEAD' | 'POST';
  readonly url: Target;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** A longer body is discarded entirely. */
  readonly maxBytes: number;
  readonly tls: RegistryTls | null;
  /** Null: as the environment says. */
  readonly proxy: 'none' | Secret | null;
  /**
   * The host name of the registry that named this host, by a redirect or a token realm; null if the operator or an
   * image did. It decides how far the connection may reach, see {@link Reach}.
   */
  readonly sentBy: string | null;
  readonly connections: number;
  /** For the request and its answer together, in ms. */
  readonly attemptMs: number;
};

export type Transport = {
  /**
   * Sends one request and returns its answer, within the attempt's limit and the deadline. A redirect is an answer.
   * Throws {@link RegistryError} or the caller's reason.
   */
  readonly send: (exchange: Exchange, deadline: Deadline) => Promise<Answer>;
  readonly close: () => Promise<void>;
};

/** Connections stay open for a burst of lookups, but no longer than most servers keep them. */
const KEEP_ALIVE_MS = 30_000;
/** Maximum number of addresses with connections. A registry cannot make us hold more with redirects. */
const MOST_POOLS = 128;

const secureContextFor = (tls: RegistryTls): SecureContext =>
  createSecureContext({
    // A custom authority is added to the default ones, as in Docker.
    ca: tls.ca === null ? undefined : [...getCACertificates('default'), tls.ca],
    ...(tls.cert === null || tls.key === null ? {} : { cert: tls.cert, key: tls.key.reveal() }),
  });

type Options = {
  readonly userAgent: string;
  readonly proxies: Proxies;
  /** Whether the operator named this host, with or without its port: then it may be anywhere. */
  readonly isListed: (hostname: string) => boolean;
};

/** Speaks HTTP over kept connections, with limits on time, size and number. */
export const createTransport = (options: Options): Transport => {
  const reaches = createReaches(options.isListed);
  const live = new Set<Dispatcher>();
  const retire = (pool: Dispatcher): void => {
    // Requests in progress may finish; then nothing of the pool is left.
    const forget = (): boolean => live.delete(pool);
    pool.close().then(forget, forget);
  };
  const pools = createBoundedCache<Dispatcher>({ entries: MOST_POOLS, onEvict: retire });
  const secureContexts = new WeakMap<RegistryTls, { id: number; context: SecureContext }>();
  let contexts = 0;
  let isClosed = false;

  const secureContextOf = (tls: RegistryTls | null): { id: number; context?: SecureContext } => {
    if (tls === null) return { id: 0 };
    const present = secureContexts.get(tls);
    if (present !== undefined) return present;
    contexts += 1;
    const made = { id: contexts, context: secureContextFor(tls) };
    secureContexts.set(tls, made);
    return made;
  };

  const proxyOf = ({ url, proxy }: Exchange): ProxyAddress | null => {
    if (proxy === 'none') return null;
    return proxy ?? proxyFor(new URL(url.origin), options.proxies);
  };

  const poolFor = (exchange: Exchange, proxy: ProxyAddress | null): Dispatcher => {
    const { url, tls, sentBy, connections, attemptMs } = exchange;
    const reach = reaches.of(url.hostname, sentBy);
    const hostname = bareHostname(url.hostname);
    const secure = secureContextOf(url.protocol === 'https:' ? tls : null);
    const through = proxy === null ? '' : hash('sha256', proxy.reveal());
    const key = [
      url.origin,
      reach.mayBeLocal,
      reach.mayBePrivate,
      secure.id,
      connections,
      attemptMs,
      through,
    ].join(' ');
    const present = pools.get(key);
    if (present !== undefined) return present;
    // An address instead of a name is never resolved, so check it here.
    if (isForbiddenHostname(hostname) || refusesAddress(hostname, reach)) {
      throw new ForbiddenAddress(url.host);
    }
    const pool = createDispatcher(url.origin, proxy, {
      connections,
      keepAliveTimeout: KEEP_ALIVE_MS,
      keepAliveMaxTimeout: KEEP_ALIVE_MS,
      headersTimeout: 0,
      bodyTimeout: 0,
      // A few open connections are as fast, and a stalled stream then blocks no other.
      allowH2: false,
      connect: {
        timeout: attemptMs,
        lookup: guardedLookup(reach, (addresses) => {
          if (sentBy === null) reaches.note(hostname, addresses);
        }),
        ...(secure.context === undefined ? {} : { secureContext: secure.context }),
        ...(tls?.skipVerify === true ? { rejectUnauthorized: false } : {}),
      },
    });
    live.add(pool);
    pools.set(key, pool);
    return pool;
  };

  return {
    send: async (exchange, deadline) => {
      const { url } = exchange;
      if (isClosed) throw new RegistryError('unreachable', 'this client is closed');
      const { caller } = deadline;
      caller.throwIfAborted();
      const limitMs = Math.min(exchange.attemptMs, deadline.remainingMs());
      const { method, headers, body = null, maxBytes } = exchange;
      let forget = (): void => {};
      const proxy = proxyOf(exchange);
      try {
        const { answer, end } = exchangeOnce(poolFor(exchange, proxy), {
          method,
          url,
          headers: { 'user-agent': options.userAgent, 'accept-encoding': 'identity', ...headers },
          body,
          maxBytes,
        });
        forget = watchLimit(caller, limitMs, end);
        const got = await answer;
        const encoding = got.header('content-encoding');
        if (encoding === null) return got;
        return { ...got, body: decodeBody(got.body, encoding, url.host, maxBytes) };
      } catch (error) {
        caller.throwIfAborted();
        const through = proxy === null ? null : new URL(proxy.reveal()).host;
        throw explainConnectionFailure(url.host, error, limitMs, through);
      } finally {
        forget();
      }
    },
    close: async () => {
      isClosed = true;
      await Promise.all([...live].map((pool) => pool.destroy()));
    },
  };
};
