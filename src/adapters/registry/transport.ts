import { createSecureContext, getCACertificates, type SecureContext } from 'node:tls';
import { type Dispatcher, Pool } from 'undici';
import { createBoundedCache } from './bounded-cache.ts';
import { explainConnectionFailure, ForbiddenAddress } from './connection-failure.ts';
import { type Deadline, withinLimit } from './deadline.ts';
import { isForbiddenHostname } from './forbidden-address.ts';
import { guardedLookup } from './guarded-lookup.ts';
import { RegistryError } from './registry-error.ts';
import type { RegistryTls } from './registry-host.ts';

export type Exchange = {
  readonly method: 'GET' | 'HEAD' | 'POST';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Of a body that is longer nothing is kept. */
  readonly maxBytes: number;
  readonly tls: RegistryTls | null;
  /** Whether this address may be on this machine. */
  readonly mayBeLocal: boolean;
  readonly connections: number;
};

export type Answer = {
  readonly status: number;
  readonly header: (name: string) => string | null;
  /** Read only where the status is 200; else empty. */
  readonly body: Buffer;
};

export type Transport = {
  /**
   * One request and its answer, within the attempt's limit and the deadline. Redirects are answers.
   * Throws {@link RegistryError}, or the caller's reason.
   */
  readonly send: (exchange: Exchange, deadline: Deadline) => Promise<Answer>;
  readonly close: () => Promise<void>;
};

/** Connections stay warm for a burst of look-ups, and no longer than most servers keep them. */
const KEEP_ALIVE_MS = 30_000;
/** Distinct addresses with connections; a registry cannot make us hold more by redirecting. */
const MOST_POOLS = 128;
/** Of an answer that only its status matters of, this much is read to keep the connection. */
const DRAINED_BYTES = 64 * 1024;

const secureContextFor = (tls: RegistryTls): SecureContext =>
  createSecureContext({
    // An own authority is taken beside the usual ones, as Docker does.
    ca: tls.ca === null ? undefined : [...getCACertificates('default'), tls.ca],
    ...(tls.cert === null || tls.key === null ? {} : { cert: tls.cert, key: tls.key.reveal() }),
  });

const headerReader =
  (headers: Dispatcher.ResponseData['headers']) =>
  (name: string): string | null => {
    const value = headers[name];
    return value === undefined ? null : Array.isArray(value) ? value.join(', ') : value;
  };

const readBody = async (
  body: Dispatcher.ResponseData['body'],
  host: string,
  maxBytes: number,
): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBytes) {
      const limit = `${Math.floor(maxBytes / 1024)} KiB`;
      throw new RegistryError('malformed', `${host} answered with more than ${limit}`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
};

/** Speaks HTTP with warm connections, bounded in time, size and number. */
export const createTransport = (options: { attemptMs: number; userAgent: string }): Transport => {
  const live = new Set<Pool>();
  const retire = (pool: Pool): void => {
    // What is under way may end; then it leaves nothing behind.
    const forget = (): boolean => live.delete(pool);
    pool.close().then(forget, forget);
  };
  const pools = createBoundedCache<Pool>({ entries: MOST_POOLS, onEvict: retire });
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

  const poolFor = ({ url, tls, mayBeLocal, connections }: Exchange): Pool => {
    const secure = secureContextOf(url.protocol === 'https:' ? tls : null);
    const key = `${url.origin} ${mayBeLocal} ${secure.id} ${connections}`;
    const present = pools.get(key);
    if (present !== undefined) return present;
    const pool = new Pool(url.origin, {
      connections,
      keepAliveTimeout: KEEP_ALIVE_MS,
      keepAliveMaxTimeout: KEEP_ALIVE_MS,
      headersTimeout: 0,
      bodyTimeout: 0,
      // A handful of warm connections does as well, and one stalled stream then holds up no other.
      allowH2: false,
      connect: {
        timeout: options.attemptMs,
        lookup: guardedLookup(mayBeLocal),
        ...(secure.context === undefined ? {} : { secureContext: secure.context }),
      },
    });
    live.add(pool);
    pools.set(key, pool);
    return pool;
  };

  const exchangeOnce = async (exchange: Exchange, signal: AbortSignal): Promise<Answer> => {
    const { method, url, headers, body, maxBytes } = exchange;
    const response = await poolFor(exchange).request({
      method,
      path: url.pathname + url.search,
      headers: { 'user-agent': options.userAgent, ...headers },
      body: body ?? null,
      // Undici gives the connection up after every HEAD, for servers that send a body with it; such a
      // body breaks the next answer, which is tried again, and all others keep their connections.
      reset: false,
      signal,
    });
    const status = response.statusCode;
    const header = headerReader(response.headers);
    if (status === 200 && method !== 'HEAD') {
      return { status, header, body: await readBody(response.body, url.host, maxBytes) };
    }
    await response.body.dump({ limit: DRAINED_BYTES, signal }).catch(() => undefined);
    return { status, header, body: Buffer.alloc(0) };
  };

  return {
    send: async (exchange, deadline) => {
      const { url } = exchange;
      if (isClosed) throw new RegistryError('unreachable', 'this client is closed');
      if (isForbiddenHostname(url.hostname)) {
        throw explainConnectionFailure(url.host, new ForbiddenAddress(url.host), 0);
      }
      const limitMs = Math.min(options.attemptMs, deadline.remainingMs());
      try {
        return await withinLimit(deadline.caller, limitMs, (signal) =>
          exchangeOnce(exchange, signal),
        );
      } catch (error) {
        deadline.caller.throwIfAborted();
        throw explainConnectionFailure(url.host, error, limitMs);
      }
    },
    close: async () => {
      isClosed = true;
      await Promise.all([...live].map((pool) => pool.destroy()));
    },
  };
};
