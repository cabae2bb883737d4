import { request } from 'undici';
import type { Secret } from '../../core/secret.ts';
import type { SendOutcome } from '../../core/contract/notice.ts';
import { createDispatcher, NO_PROXIES, type Proxies, proxyFor } from '../exchange/proxy.ts';
import { connectionProblem, outcomeOf } from './outcome.ts';

export type Post = (
  body: Buffer,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
) => Promise<SendOutcome>;

export type PostOptions = {
  /** The full address. A user and password in it are sent as HTTP Basic. */
  readonly url: Secret;
  /** For connecting, sending and the answer together. */
  readonly timeoutMs: number;
  /** Proxies to reach it through. Default: none. */
  readonly proxies?: Proxies;
  /** What a status means to this kind of receiver, or null for its usual meaning. */
  readonly judge?: (status: number) => SendOutcome | null;
};

/** Only this much of an answer is read, for the word that says why. The rest is discarded. */
const READ_BYTES = 4 * 1024;
/** One connection for each sender: the channel's loop, and a test. */
const CONNECTIONS = 2;

const readStart = async (body: AsyncIterable<Buffer>): Promise<string> => {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    size += chunk.length;
    if (size >= READ_BYTES) break;
  }
  return Buffer.concat(chunks).subarray(0, READ_BYTES).toString('utf8');
};

const basicOf = (url: URL): Record<string, string> => {
  if (url.username === '' && url.password === '') return {};
  const pair = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  return { authorization: `Basic ${Buffer.from(pair).toString('base64')}` };
};

/**
 * Posts to one address over connections of its own, so that receivers do not delay each other. Redirects are not
 * followed: a message goes only to the configured address.
 */
export const createPost = (
  options: PostOptions,
): { readonly post: Post; readonly close: () => Promise<void> } => {
  const address = new URL(options.url.reveal());
  const proxy = proxyFor(address, options.proxies ?? NO_PROXIES);
  const agent = createDispatcher(address.origin, proxy, {
    connections: CONNECTIONS,
    connect: { timeout: options.timeoutMs },
    // The deadline of each attempt applies instead.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  const post: Post = async (body, headers, signal) => {
    signal.throwIfAborted();
    const late = AbortSignal.timeout(options.timeoutMs);
    const url = new URL(options.url.reveal());
    try {
      const answer = await request(`${url.origin}${url.pathname}${url.search}`, {
        method: 'POST',
        headers: { 'user-agent': 'doppler-cd-helper', ...basicOf(url), ...headers },
        body,
        dispatcher: agent,
        signal: AbortSignal.any([signal, late]),
      });
      const text = await readStart(answer.body as AsyncIterable<Buffer>);
      const retryAfter = answer.headers['retry-after'];
      const status = answer.statusCode;
      return (
        options.judge?.(status) ??
        outcomeOf(status, text, typeof retryAfter === 'string' ? retryAfter : null)
      );
    } catch (error) {
      signal.throwIfAborted();
      return connectionProblem(error, late.aborted ? options.timeoutMs : null);
    }
  };
  return { post, close: () => agent.destroy() };
};
