import type { Dispatcher } from 'undici';
import { type AnswerHeaders, dispatch } from '../../exchange/dispatch.ts';
import { RegistryError } from './registry-error.ts';

export type Answer = {
  readonly status: number;
  readonly header: (name: string) => string | null;
  /** Read only where the status is 200; else empty. */
  readonly body: Buffer;
  /** What a person should know of it besides. */
  readonly hint?: string;
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

const headerReader =
  (headers: AnswerHeaders) =>
  (name: string): string | null => {
    const value = headers[name];
    return value === undefined ? null : Array.isArray(value) ? value.join(', ') : value;
  };

/** Sends one request and gives its answer; `end` ends it with an error before that. */
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
    // Where only the status matters it is there, however its body went on.
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

  // Undici gives the connection up after every HEAD, for servers that send a body with it; such a body
  // breaks the next answer, which is tried again, and all others keep their connections.
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
