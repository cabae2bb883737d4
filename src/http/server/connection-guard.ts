import type { IncomingHttpHeaders, RequestListener, Server, ServerOptions } from 'node:http';
import type { Socket } from 'node:net';
import { LIMITS } from '../ports/limits.ts';
import { createByteRate } from '../body/byte-rate.ts';
import { createServer } from '../problem/node-http.ts';

/** Why a connection was closed. */
export type EndReason =
  | 'too-many-unanswered'
  | 'too-much-held'
  | 'too-much-received'
  | 'no-place'
  | 'stalled';

/** What one client costs in memory while it waits for answers. */
type Connection = {
  readonly socket: Socket;
  readonly address: string;
  /** One of its requests contained a valid secret or token. */
  isProven: boolean;
  unanswered: number;
  /** Bytes of its unanswered requests and their answers. */
  held: number;
  /** Bytes that the client has read so far, and the number of sweeps since it last read any. */
  taken: number;
  stalledSweeps: number;
};

export type ConnectionGuard = {
  readonly createServer: (options: ServerOptions, onRequest: RequestListener) => Server;
  /** Marks a connection whose client has shown a secret. It loses its place only if no unproven one is left. */
  readonly prove: (socket: Socket) => void;
};

const SWEEP_MS = 1_000;

/** A character takes at most two bytes. `rawHeaders` alternates names and values. */
const headerBytes = (rawHeaders: readonly string[], url: string): number =>
  2 * rawHeaders.reduce((sum, text) => sum + text.length, url.length);

/** The announced length. A chunked body may reach the maximum. */
const bodyBytes = (headers: IncomingHttpHeaders): number =>
  headers['transfer-encoding'] === undefined
    ? Math.min(Number(headers['content-length'] ?? 0) || 0, LIMITS.hookBody)
    : LIMITS.hookBody;

/** The value with which llhttp switches to another protocol: it stops parsing. */
const STOP = 2;

type Parser = { onIncoming?: ((...args: readonly unknown[]) => unknown) | null };

/**
 * Node parses everything from one read, up to 64 KiB, even for a connection that is destroyed meanwhile: 1,600
 * requests, whose objects cost 20 ms, or a body that is copied for nobody. This stops the parser. `onIncoming` is not
 * documented; without it, only that time is lost.
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
 * HTTP servers that limit what clients without a secret cost:
 *
 * 1. A connection is closed if it has more unanswered requests than `LIMITS.unanswered`, or if they hold more than
 *    `LIMITS.heldPerConnection`. No sender, browser or proxy sends requests ahead.
 * 2. If all unanswered requests hold more than `LIMITS.heldInAll`, the unproven connection that holds most is closed.
 * 3. Long bodies of clients without a proven secret share `LIMITS.unprovenPerSecond`, whatever their answer: even
 *    discarded bytes are copied. A connection that exceeds it is closed.
 * 4. If all places are taken, a new connection replaces the oldest connection of the address that has the most. Proven
 *    connections are replaced last.
 * 5. A client that reads nothing of its answer for `LIMITS.stalledAfter` is closed.
 */
export const createConnectionGuard = (
  now: () => number,
  tell: (why: EndReason, address: string) => void,
): ConnectionGuard => {
  const mayCome = createByteRate(LIMITS.unprovenPerSecond, now);
  /** In the order in which they were opened. Closed connections are removed. */
  const connections = new Map<Socket, Connection>();
  /** Connections without a proven secret, by address. */
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
        // Requests in the last bytes of a closed connection are dropped.
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
        // At this point a secret in the address or in a header has been recognised.
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
