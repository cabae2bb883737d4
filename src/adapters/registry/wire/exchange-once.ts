import type { Dispatcher } from 'undici';
import { type AnswerHeaders, dispatch } from '../../exchange/dispatch.ts';
import { RegistryError } from './registry-error.ts';

export type Answer = {
  readonly status: number;
  readonly header: (name: string) => string | null;
  /** Empty unless the status is 200. */
  readonly body: Buffer;
  /** An extra note for a person. */
  readonly hint?: string;
};

/** An address, with only the parts of a URL that are needed: parsing a URL for each request costs too much. */
export type Target = Readonly<
  Pick<URL, 'origin' | 'protocol' | 'host' | 'hostname' | 'pathname' | 'search'>
>;

export type PlainExchange = {
  readonly method: 'GET' | 'HEAD' | 'POST';
  readonly url: Target;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  /** A longer body is discarded entirely. */
  readonly maxBytes: number;
};

/** If only the status matters, this much of the body is read, so that the connection can be kept. */
const DRAINED_BYTES = 64 * 1024;
const NOTHING = Buffer.alloc(0);

const headerReader =
  (headers: AnswerHeaders) =>
  (name: string): string | null => {
    const value = headers[name];
    return value === undefined ? null : Array.isArray(value) ? value.join(', ') : value;
  };

/** Sends one request and returns its answer; `end` ends it early with an error. */
export const exchangeOnce = (
  dispatcher: Dispatcher,
  { method, url, headers, body, maxBytes }: PlainExchange,
): { readonly answer: Promise<Answer>; readonly end: (reason: Error) => void } => {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  let status = 0;
  let header = headerReader({});
  let size = 0;
  const chunks: Buffer[] = [];
  const isWanted = (): boolean => status === 200 && method !== 'HEAD';
  const give = (): void =>
    resolve({ status, header, body: isWanted() ? Buffer.concat(chunks) : NOTHING });
  const fail = (error: Error): void => {
    // If only the status matters, it has arrived, whatever happens to the body.
    if (status === 0 || isWanted()) reject(error);
    else give();
  };
  const tooLong = (): Error =>
    isWanted()
      ? new RegistryError(
          'malformed',
          `${url.host} answered with more than ${Math.floor(maxBytes / 1024)} KiB`,
        )
      : new Error('nothing more is read of it');

  // Undici closes the connection after every HEAD, in case the server sends a body with it. Instead, we keep the
  // connection: such a body breaks only the next answer, which is retried.
  const { origin } = url;
  const request = {
    method,
    origin,
    path: url.pathname + url.search,
    headers,
    body,
    reset: false,
  };
  const stop = dispatch(dispatcher, request, {
    head: (statusCode, answered) => {
      status = statusCode;
      header = headerReader(answered);
    },
    chunk: (chunk) => {
      size += chunk.length;
      if (size > (isWanted() ? maxBytes : DRAINED_BYTES)) return tooLong();
      if (isWanted()) chunks.push(chunk);
      return null;
    },
    end: give,
    error: fail,
  });
  const end = (reason: Error): void => {
    fail(reason);
    stop(reason);
  };
  return { answer: promise, end };
};
