import type { Dispatcher, Pool } from 'undici';
import { RegistryError } from './registry-error.ts';

export type Answer = {
  readonly status: number;
  readonly header: (name: string) => string | null;
  /** Read only where the status is 200; else empty. */
  readonly body: Buffer;
};

/** Where something is asked: what is needed of a URL, of which one is not parsed for each question. */
export type Target = Readonly<
  Pick<URL, 'origin' | 'protocol' | 'host' | 'hostname' | 'pathname' | 'search'>
>;

export type PlainExchange = {
  readonly method: 'GET' | 'HEAD' | 'POST';
  readonly url: Target;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  /** Of a body that is longer nothing is kept. */
  readonly maxBytes: number;
};

/** Of an answer that only its status matters of, this much is read to keep the connection. */
const DRAINED_BYTES = 64 * 1024;
const NOTHING = Buffer.alloc(0);

type Headers = Parameters<NonNullable<Dispatcher.DispatchHandler['onResponseStart']>>[2];

const headerReader =
  (headers: Headers) =>
  (name: string): string | null => {
    const value = headers[name];
    return value === undefined ? null : Array.isArray(value) ? value.join(', ') : value;
  };

/**
 * Sends one request and gives its answer; `end` ends it with an error before that. Takes what comes from
 * the connection as it comes: a stream for each answer would cost as much as all the rest of a HEAD.
 */
export const exchangeOnce = (
  pool: Pool,
  { method, url, headers, body, maxBytes }: PlainExchange,
): { readonly answer: Promise<Answer>; readonly end: (reason: Error) => void } => {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  let exchange: Dispatcher.DispatchController | null = null;
  let ended: Error | null = null;
  let status = 0;
  let header = headerReader({});
  let size = 0;
  const chunks: Buffer[] = [];
  const isWanted = (): boolean => status === 200 && method !== 'HEAD';
  const give = (): void =>
    resolve({ status, header, body: isWanted() ? Buffer.concat(chunks) : NOTHING });
  const fail = (error: Error): void => {
    // Where only the status matters it is there, however its body went on.
    if (status === 0 || isWanted()) reject(error);
    else give();
  };
  const end = (reason: Error): void => {
    ended ??= reason;
    fail(reason);
    exchange?.abort(reason);
  };
  const tooLong = (): Error =>
    isWanted()
      ? new RegistryError(
          'malformed',
          `${url.host} answered with more than ${Math.floor(maxBytes / 1024)} KiB`,
        )
      : new Error('nothing more is read of it');

  pool.dispatch(
    {
      method,
      path: url.pathname + url.search,
      headers,
      body,
      // Undici gives the connection up after every HEAD, for servers that send a body with it; such a
      // body breaks the next answer, which is tried again, and all others keep their connections.
      reset: false,
    },
    {
      onRequestStart: (controller) => {
        exchange = controller;
        // While it waited for a connection.
        if (ended !== null) controller.abort(ended);
      },
      onResponseStart: (_controller, statusCode, answered) => {
        // What comes before the answer itself, such as early hints, is none.
        if (statusCode < 200) return;
        status = statusCode;
        header = headerReader(answered);
      },
      onResponseData: (controller, chunk) => {
        size += chunk.length;
        if (size > (isWanted() ? maxBytes : DRAINED_BYTES)) controller.abort(tooLong());
        else if (isWanted()) chunks.push(chunk);
      },
      onResponseEnd: give,
      onResponseError: (_controller, error) => fail(error),
    },
  );
  return { answer: promise, end };
};
