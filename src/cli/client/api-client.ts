import { type Dispatcher, request } from 'undici';
import type { Secret } from '../../core/secret.ts';
import { answerFailure } from './answer-failure.ts';
import { connectionFailure } from './connection-failure.ts';
import { CliFailure } from '../terminal/exit-status.ts';
import { readCapped } from './read-capped.ts';

export type ApiClient = {
  /** The helper's address, including the base path. */
  readonly url: string;
  readonly get: <T>(path: string, query?: Query) => Promise<T>;
  readonly post: <T>(path: string, body?: unknown, options?: PostOptions) => Promise<T>;
  readonly remove: (path: string) => Promise<void>;
  /** Downloads a file of that type, with its size. The helper may take long to create it. */
  readonly download: (path: string, type: string) => Promise<Download>;
  /** The bytes as they arrive, until either side ends the stream; null if the helper does not stream there. */
  readonly stream: (
    path: string,
    headers: Readonly<Record<string, string>>,
  ) => Promise<AsyncIterable<Uint8Array> | null>;
};

export type Download = {
  readonly bytes: number | null;
  readonly content: AsyncIterable<Uint8Array>;
};

export type PostOptions = {
  readonly contentType?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** For a slow answer, in ms. Default: 2 min. */
  readonly timeoutMs?: number;
};

/** Undefined and null are left out. A list becomes one parameter per entry. */
export type Query = Readonly<
  Record<string, string | number | readonly string[] | undefined | null>
>;

export type ApiClientOptions = {
  readonly url: string;
  readonly token: Secret | null;
  /** How this client authenticates. A hook secret is part of the path. */
  readonly shows?: 'token' | 'hook secret';
  readonly signal: AbortSignal;
  readonly timeoutMs?: number;
};

/** Actions ask the cluster and the registry first. */
const USUAL_TIMEOUT_MS = 120_000;

/** The helper sends something at least every 15 s. */
const LONGEST_SILENCE_MS = 45_000;
/** The helper copies a big store before it sends the first byte. */
const LONGEST_DOWNLOAD_SILENCE_MS = 600_000;
/** No such route, no streaming, or too many listeners. */
const NO_STREAM: readonly number[] = [404, 406, 501, 503];

const addressOf = (base: string, path: string, query: Query): URL => {
  const address = new URL(`${base.replace(/\/+$/, '')}${path}`);
  for (const [name, value] of Object.entries(query)) {
    for (const one of [value ?? []].flat()) address.searchParams.append(name, String(one));
  }
  return address;
};

/** The parts of a request. */
type Sent = PostOptions & { readonly query?: Query; readonly body?: unknown };

/**
 * Talks to a helper. Every failure is a {@link CliFailure} whose message says what to do. An answer of another
 * program is never taken for the helper's.
 */
export const createApiClient = (options: ApiClientOptions): ApiClient => {
  const { url, token } = options;
  const ask = async (
    method: string,
    path: string,
    { query = {}, body, contentType = 'application/json', headers: more = {}, ...sent }: Sent = {},
  ): Promise<unknown> => {
    const timeoutMs = sent.timeoutMs ?? options.timeoutMs ?? USUAL_TIMEOUT_MS;
    const timeout = AbortSignal.timeout(timeoutMs);
    let response: Dispatcher.ResponseData;
    let text: string;
    try {
      // undici follows no redirects, so a token goes only to the given address.
      response = await request(addressOf(url, path, query), {
        method,
        headers: {
          ...more,
          accept: 'application/json, application/problem+json',
          ...(token === null ? {} : { authorization: `Bearer ${token.reveal()}` }),
          ...(body === undefined ? {} : { 'content-type': contentType }),
        },
        body: body === undefined ? null : JSON.stringify(body),
        headersTimeout: timeoutMs,
        signal: AbortSignal.any([options.signal, timeout]),
      });
      text = await readCapped(response.body);
    } catch (error) {
      options.signal.throwIfAborted();
      throw connectionFailure(url, error);
    }
    const { statusCode: status, headers } = response;
    if (status === 204) return undefined;
    const isWell = status >= 200 && status < 300;
    const isJson = /^application\/(?:problem\+)?json\b/.test(String(headers['content-type']));
    const answer = isJson ? parseJson(text) : undefined;
    if (isWell && isJson && answer === undefined) {
      throw new CliFailure('the answer is incomplete: it is not valid JSON');
    }
    if (!isWell || answer === undefined) {
      throw answerFailure({
        url,
        path,
        status,
        answer,
        location: locationOf(headers),
        hasToken: token !== null,
        shows: options.shows ?? 'token',
      });
    }
    return answer;
  };
  const open = async (
    path: string,
    headers: Readonly<Record<string, string>>,
    silenceMs: number,
  ): Promise<Dispatcher.ResponseData> => {
    try {
      return await request(addressOf(url, path, {}), {
        headers: {
          ...headers,
          ...(token === null ? {} : { authorization: `Bearer ${token.reveal()}` }),
        },
        headersTimeout: silenceMs,
        bodyTimeout: LONGEST_SILENCE_MS,
        signal: options.signal,
      });
    } catch (error) {
      options.signal.throwIfAborted();
      throw connectionFailure(url, error);
    }
  };
  const refused = async (path: string, response: Dispatcher.ResponseData): Promise<CliFailure> =>
    answerFailure({
      url,
      path,
      status: response.statusCode,
      answer: parseJson(await readCapped(response.body)),
      location: locationOf(response.headers),
      hasToken: token !== null,
      shows: 'token',
    });
  const stream: ApiClient['stream'] = async (path, headers) => {
    const accept = 'text/event-stream';
    const response = await open(path, { ...headers, accept }, LONGEST_SILENCE_MS);
    const { statusCode: status, body } = response;
    if (status === 200 && /^text\/event-stream\b/.test(String(response.headers['content-type']))) {
      return body;
    }
    if (status !== 200 && !NO_STREAM.includes(status)) throw await refused(path, response);
    await readCapped(body);
    return null;
  };
  const download: ApiClient['download'] = async (path, type) => {
    const accept = `${type}, application/problem+json`;
    const response = await open(path, { accept }, LONGEST_DOWNLOAD_SILENCE_MS);
    const { statusCode: status, headers, body } = response;
    if (status !== 200 || headers['content-type'] !== type) throw await refused(path, response);
    const bytes = Number(headers['content-length'] ?? Number.NaN);
    return { bytes: Number.isNaN(bytes) ? null : bytes, content: body };
  };
  return {
    url,
    stream,
    download,
    get: async <T>(path: string, query: Query = {}) => (await ask('GET', path, { query })) as T,
    post: async <T>(path: string, body?: unknown, post: PostOptions = {}) =>
      (await ask('POST', path, { body, ...post })) as T,
    remove: async (path) => {
      await ask('DELETE', path);
    },
  };
};

const locationOf = ({ location }: Dispatcher.ResponseData['headers']): string | null =>
  typeof location === 'string' ? location : null;

/** Undefined if it is not JSON. */
const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};
