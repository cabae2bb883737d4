import type { IncomingHttpHeaders } from 'node:http';
import { buildConnector, type Dispatcher, Pool } from 'undici';
import { TimeUp, watchLimit } from '../../exchange/deadline.ts';
import { dispatch } from '../../exchange/dispatch.ts';
import type { ClusterAddress } from './cluster-address.ts';
import { failureOf, isTurnedAway, lineEnded } from './exchange-failure.ts';

type Connector = ReturnType<typeof buildConnector>;

export type ExchangeRequest = {
  readonly method: 'GET' | 'POST';
  /** Path and query, as sent. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** For the whole exchange including the body, in ms. */
  readonly deadlineMs: number;
  readonly maxBytes: number;
  /**
   * Whether a body that ended early, too late or too long still counts as an answer, up to that point: for streams
   * that may never end.
   */
  readonly keepPartial?: boolean;
};

export type Exchanged = {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
};

/** Sends one request and returns its answer. Throws `ExchangeFailure` or the signal's reason. */
export type Exchange = (request: ExchangeRequest, signal: AbortSignal) => Promise<Exchanged>;

/** Concurrent requests to one cluster. More wait for a free connection. */
const CONNECTIONS = 16;

/** Internal: ends a body that exceeds its limit. */
class TooLarge extends Error {
  override readonly name = 'TooLarge';
}

/** Exchanges that share one connection. */
export type Line = {
  /** Fails with `ended` once the connection has ended, because it is not replaced. */
  readonly exchange: Exchange;
  /** From now on the connection may be replaced: for servers that close it after each answer. */
  readonly mayReopen: () => void;
  readonly close: () => Promise<void>;
};

/** Speaks HTTP with the server at `address`, over kept connections. */
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
  /** The peer's TLS alert about our certificate. Undici reports only that the connection was closed. */
  let turnedAway: Error | null = null;
  const connect: Connector = (options, done) =>
    plainConnect(options, (...given) => {
      // With TLS 1.3, the connection exists before the peer checks the certificate, and no request is sent by then.
      given[1]?.once('error', (error: Error) => {
        if (isTurnedAway(error)) turnedAway = error;
      });
      done(...given);
    });
  const poolOf = (connections: number, connector: Connector): Pool =>
    new Pool(address.origin, {
      connections,
      connect: connector,
      // The deadline of each exchange applies instead: one clock and one message.
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
