import pLimit from 'p-limit';
import { request } from 'undici';
import { describeConnectionProblem } from '../exchange/connection-problem.ts';
import { createDispatcher, NO_PROXIES, type Proxies, proxyFor } from '../exchange/proxy.ts';

export type ApiAnswer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** Null if the body is not JSON. */
  readonly body: unknown;
};

export type ApiCall = {
  readonly method: 'GET' | 'POST' | 'PUT';
  /** Relative to the API's address, including the query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
};

/** The forge did not answer. `message` is one line for a person. */
export class ForgeUnreachable extends Error {
  override readonly name = 'ForgeUnreachable';
}

export type ForgeApi = {
  /** Throws {@link ForgeUnreachable} or the signal's reason. */
  readonly call: (call: ApiCall, signal: AbortSignal) => Promise<ApiAnswer>;
  readonly close: () => Promise<void>;
};

/** Far above the longest page of deployments that a forge sends. */
const MOST_BYTES = 2 * 1024 * 1024;
const TIMEOUT_MS = 15_000;

const readJson = async (body: AsyncIterable<Buffer>): Promise<unknown> => {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > MOST_BYTES) throw new ForgeUnreachable(`its answer is over ${MOST_BYTES} bytes`);
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch {
    return null;
  }
};

const oneEach = (
  headers: Readonly<Record<string, string | string[] | undefined>>,
): ApiAnswer['headers'] =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value[0] : value]),
  );

/**
 * A forge's API. It sends one request at a time, because GitHub counts concurrent requests against a secondary limit.
 * Redirects are not followed, so credentials go nowhere else.
 */
export const createForgeApi = (options: {
  /** For example `https://api.github.com`, without a trailing slash. */
  readonly base: string;
  readonly ca: string | null;
  readonly proxies?: Proxies;
  readonly timeoutMs?: number;
}): ForgeApi => {
  const base = new URL(options.base);
  const timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
  const dispatcher = createDispatcher(base.origin, proxyFor(base, options.proxies ?? NO_PROXIES), {
    connections: 1,
    connect: { timeout: timeoutMs, ...(options.ca === null ? {} : { ca: options.ca }) },
  });
  const one = pLimit(1);
  const send = async (call: ApiCall, signal: AbortSignal): Promise<ApiAnswer> => {
    signal.throwIfAborted();
    const late = AbortSignal.timeout(timeoutMs);
    try {
      const answer = await request(`${options.base}${call.path}`, {
        method: call.method,
        headers: {
          'user-agent': 'doppler-cd-helper',
          accept: 'application/json',
          ...(call.body === undefined ? {} : { 'content-type': 'application/json' }),
          ...call.headers,
        },
        ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
        dispatcher,
        signal: AbortSignal.any([signal, late]),
      });
      const body = await readJson(answer.body as AsyncIterable<Buffer>);
      return { status: answer.statusCode, headers: oneEach(answer.headers), body };
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof ForgeUnreachable) throw error;
      const problem = describeConnectionProblem(error, late.aborted ? timeoutMs : null);
      throw new ForgeUnreachable(problem, { cause: error });
    }
  };
  return {
    call: (call, signal) => one(() => send(call, signal)),
    close: () => dispatcher.destroy(),
  };
};
