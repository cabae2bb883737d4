import type { IncomingHttpHeaders } from 'node:http';
import { buildConnector, type Dispatcher, Pool } from 'undici';
import { TimeUp, watchLimit } from '../../exchange/deadline.ts';
import { dispatch } from '../../exchange/dispatch.ts';
import type { ClusterAddress } from './cluster-address.ts';
import { failureOf, isTurnedAway, lineEnded } from './exchange-failure.ts';

type Connector = ReturnType<typeof buildConnector>;

export type ExchangeRequest = {
  readonly method: 'GET' | 'POST';
  /** Path and query, as it goes on the wire. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** For the whole exchange, its body included. */
  readonly deadlineMs: number;
  readonly maxBytes: number;
  /**
   * Whether what came before the body ended early, too late or too long is an answer too: for
   * streams that may never end by themselves.
   */
  readonly keepPartial?: boolean;
};

export type Exchanged = {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
};

/** One request and its answer; throws `ExchangeFailure`, or the signal's own reason. */
export type Exchange = (request: ExchangeRequest, signal: AbortSignal) => Promise<Exchanged>;

/** Requests at once to one cluster; more wait for a free connection. */
const CONNECTIONS = 16;

/** Thrown inside only, to end a body that is over its limit. */
class TooLarge extends Error {
  override readonly name = 'TooLarge';
}

/** Exchanges that share one connection. */
export type Line = {
  /** Fails with `ended` once the connection has ended: it is not replaced. */
  readonly exchange: Exchange;
  /** From now on it is replaced: for servers that close each connection after an answer. */
  readonly mayReopen: () => void;
  readonly close: () => Promise<void>;
};

/** Speaks HTTP with what stands at `address`, over connections that are kept. */
export const createExchange = (
  address: ClusterAddress,
  connectTimeoutMs: number,
): {
  readonly exchange: Exchange;
  readonly openLine: () => Line;
  readonly close: () => Promise<void>;
} => {
  const plainConnect = buildConnector({
    timeout: connectTimeoutMs,
    ...(address.socketPath === null ? {} : { socketPath: address.socketPath }),
    ...address.tls,
  });
  /** The other side's word on our certificate: undici tells only that the connection was closed. */
  let turnedAway: Error | null = null;
  const connect: Connector = (options, done) =>
    plainConnect(options, (...given) => {
      // With TLS 1.3 one has connected before the certificate is looked at, and no request is before.
      given[1]?.once('error', (error: Error) => {
        if (isTurnedAway(error)) turnedAway = error;
      });
      done(...given);
    });
  const poolOf = (connections: number, connector: Connector): Pool =>
    new Pool(address.origin, {
      connections,
      connect: connector,
      // The deadline of each exchange rules, so that there is one clock and one message.
      headersTimeout: 0,
      bodyTimeout: 0,
    });

  const exchangeOn =
    (dispatcher: Dispatcher): Exchange =>
    async (request, signal) => {
      signal.throwIfAborted();
      const { method, path, headers, body = null, deadlineMs, maxBytes } = request;
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const chunks: Buffer[] = [];
      const heard: { head: Pick<Exchanged, 'status' | 'headers'> | null } = { head: null };
      let size = 0;
      const sent = { method, path, headers: { accept: 'application/json', ...headers }, body };
      const stop = dispatch(dispatcher, sent, {
        head: (status, answered) => {
          heard.head = { status, headers: answered };
          turnedAway = null;
        },
        chunk: (chunk) => {
          size += chunk.length;
          if (size > maxBytes) return new TooLarge(`the answer is over ${maxBytes} bytes`);
          chunks.push(chunk);
          return null;
        },
        end: resolve,
        error: reject,
      });
      const forget = watchLimit(signal, deadlineMs, (reason) => {
        reject(reason);
        stop(reason);
      });
      try {
        await promise;
      } catch (error) {
        signal.throwIfAborted();
        if (heard.head === null || request.keepPartial !== true) {
          const at = { late: error instanceof TimeUp, tooLarge: error instanceof TooLarge };
          const failure = failureOf(error, at);
          throw failure.kind === 'lost' && turnedAway !== null
            ? failureOf(turnedAway, at)
            : failure;
        }
      } finally {
        forget();
      }
      if (heard.head === null) throw new Error('an answer ended before it began');
      return { ...heard.head, body: Buffer.concat(chunks) };
    };

  const openLine = (): Line => {
    let mayOpen = true;
    let isSingle = true;
    const line = poolOf(1, (options, done) => {
      if (mayOpen) connect(options, done);
      else done(lineEnded(), null);
      mayOpen = !isSingle;
    });
    return {
      exchange: exchangeOn(line),
      mayReopen: () => {
        isSingle = false;
        mayOpen = true;
      },
      close: () => line.destroy(),
    };
  };

  const pool = poolOf(CONNECTIONS, connect);
  return { exchange: exchangeOn(pool), openLine, close: () => pool.destroy() };
};
