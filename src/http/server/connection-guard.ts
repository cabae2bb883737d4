import type { IncomingHttpHeaders, RequestListener, Server, ServerOptions } from 'node:http';
import type { Socket } from 'node:net';
import { LIMITS } from '../ports/limits.ts';
import { createByteRate } from '../body/byte-rate.ts';
import { createServer } from '../problem/node-http.ts';

/** Why a connection was ended. */
export type EndReason =
  | 'too-many-unanswered'
  | 'too-much-held'
  | 'too-much-received'
  | 'no-place'
  | 'stalled';

/** What one client holds in memory while it waits for answers. */
type Connection = {
  readonly socket: Socket;
  readonly address: string;
  /** One of its requests came with a secret or a token. */
  isProven: boolean;
  unanswered: number;
  /** Bytes that its unanswered requests and their answers take. */
  held: number;
  /** Bytes that the client has taken so far, and for how many sweeps it has taken none. */
  taken: number;
  stalledSweeps: number;
};

export type ConnectionGuard = {
  readonly createServer: (options: ServerOptions, onRequest: RequestListener) => Server;
  /** A connection whose client has shown a secret is ended for nobody else's sake. */
  readonly prove: (socket: Socket) => void;
};

const SWEEP_MS = 1_000;

/** A character takes two bytes at the most; `rawHeaders` holds names and values in turn. */
const headerBytes = (rawHeaders: readonly string[], url: string): number =>
  2 * rawHeaders.reduce((sum, text) => sum + text.length, url.length);

/** As many as are announced; a body that comes in chunks may become as long as any. */
const bodyBytes = (headers: IncomingHttpHeaders): number =>
  headers['transfer-encoding'] === undefined
    ? Math.min(Number(headers['content-length'] ?? 0) || 0, LIMITS.hookBody)
    : LIMITS.hookBody;

/** What llhttp takes for "this becomes another protocol": it parses no further. */
const STOP = 2;

type Parser = { onIncoming?: ((...args: readonly unknown[]) => unknown) | null };

/**
 * Node parses all that came in one read, up to 64 KiB, even of a connection that is destroyed meanwhile: 1,600
 * requests, whose objects cost 20 ms, or a body that is copied for nobody. `onIncoming` is not documented;
 * without it only that time is lost.
 */
const parseNoMoreWhenDestroyed = (socket: Socket): void => {
  const { parser } = socket as Socket & { readonly parser?: Parser | null };
  const onIncoming = parser?.onIncoming;
  if (parser === undefined || parser === null || typeof onIncoming !== 'function') return;
  parser.onIncoming = (...args) => {
    if (socket.destroyed) return STOP;
    const how = onIncoming(...args);
    return socket.destroyed ? STOP : how;
  };
};

/**
 * HTTP servers that bound what clients without a secret cost:
 *
 * 1. A connection with more unanswered requests than `LIMITS.unanswered`, or whose unanswered requests hold
 *    more than `LIMITS.heldPerConnection`, is ended. No sender, browser or proxy sends requests ahead.
 * 2. When all unanswered requests hold more than `LIMITS.heldInAll`, the connection that holds most is ended.
 * 3. Long bodies of clients that have proven nothing come at `LIMITS.unprovenPerSecond` together, however they are
 *    answered: even what is only thrown away is copied. A connection that brings more is ended.
 * 4. When every place is taken, a newcomer gets the place of the oldest connection of the address that has
 *    the most. Proven connections give up their places last.
 * 5. A client that takes nothing of its answer for `LIMITS.stalledAfter` is ended.
 */
export const createConnectionGuard = (
  now: () => number,
  tell: (why: EndReason, address: string) => void,
): ConnectionGuard => {
  const mayCome = createByteRate(LIMITS.unprovenPerSecond, now);
  /** In the order in which they were opened; one that is ended is no longer among them. */
  const connections = new Map<Socket, Connection>();
  /** Those that nothing has proven, by address. */
  const unproven = new Map<string, Set<Connection>>();
  let heldInAll = 0;

  const noLongerUnproven = (connection: Connection): void => {
    const crowd = unproven.get(connection.address);
    crowd?.delete(connection);
    if (crowd?.size === 0) unproven.delete(connection.address);
  };

  const forget = (connection: Connection): void => {
    if (!connections.delete(connection.socket)) return;
    heldInAll -= connection.held;
    noLongerUnproven(connection);
  };

  const end = (connection: Connection, why: EndReason): void => {
    forget(connection);
    connection.socket.destroy();
    tell(why, connection.address);
  };

  const oldestOfLargestCrowd = (): Connection | null => {
    let largest: Set<Connection> | null = null;
    for (const crowd of unproven.values()) {
      if (crowd.size > (largest?.size ?? 0)) largest = crowd;
    }
    return largest?.values().next().value ?? null;
  };

  const oldestProven = (): Connection | null => {
    const all = [...connections.values()];
    return all.find(({ unanswered }) => unanswered === 0) ?? all[0] ?? null;
  };

  const holdsMost = (): Connection | null => {
    let found: Connection | null = null;
    for (const connection of connections.values()) {
      if (!connection.isProven && connection.held > (found?.held ?? 0)) found = connection;
    }
    return found;
  };

  const makePlace = (): void => {
    if (connections.size < LIMITS.connections) return;
    const found = oldestOfLargestCrowd() ?? oldestProven();
    if (found !== null) end(found, 'no-place');
  };

  const holdLess = (): void => {
    while (heldInAll > LIMITS.heldInAll) {
      const found = holdsMost();
      if (found === null) return;
      end(found, 'too-much-held');
    }
  };

  const add = (socket: Socket): void => {
    makePlace();
    parseNoMoreWhenDestroyed(socket);
    const address = socket.remoteAddress ?? '';
    const counts = { unanswered: 0, held: 0, taken: 0, stalledSweeps: 0 };
    const connection: Connection = { socket, address, isProven: false, ...counts };
    connections.set(socket, connection);
    const crowd = unproven.get(address) ?? new Set();
    unproven.set(address, crowd.add(connection));
    socket.once('close', () => forget(connection));
  };

  const sweep = (): void => {
    for (const connection of connections.values()) {
      const { bytesWritten, writableLength } = connection.socket;
      const taken = bytesWritten - writableLength;
      const isStalled = writableLength > 0 && taken === connection.taken;
      connection.taken = taken;
      connection.stalledSweeps = isStalled ? connection.stalledSweeps + 1 : 0;
      if (connection.stalledSweeps * SWEEP_MS >= LIMITS.stalledAfter) end(connection, 'stalled');
    }
  };

  return {
    createServer: (options, onRequest) => {
      const server = createServer(options, (request, response) => {
        const connection = connections.get(request.socket);
        // What the last bytes of an ended connection still ask is dropped.
        if (connection === undefined) return;
        const cost = LIMITS.requestCost + headerBytes(request.rawHeaders, request.url ?? '');
        connection.unanswered += 1;
        connection.held += cost;
        heldInAll += cost;
        response.once('close', () => {
          if (!connections.has(connection.socket)) return;
          connection.unanswered -= 1;
          connection.held -= cost;
          heldInAll -= cost;
        });
        const { unanswered, held } = connection;
        if (unanswered > LIMITS.unanswered || held > LIMITS.heldPerConnection) {
          end(connection, 'too-many-unanswered');
          return;
        }
        onRequest(request, response);
        // By now a secret in the address or in a header has been recognised.
        const bytes = bodyBytes(request.headers);
        if (bytes > LIMITS.shortBody && !connection.isProven && !mayCome(bytes)) {
          end(connection, 'too-much-received');
        }
        holdLess();
      });
      server.on('connection', add);
      const sweeps = setInterval(sweep, SWEEP_MS).unref();
      server.once('close', () => clearInterval(sweeps));
      return server;
    },
    prove: (socket) => {
      const connection = connections.get(socket);
      if (connection === undefined || connection.isProven) return;
      connection.isProven = true;
      noLongerUnproven(connection);
    },
  };
};
