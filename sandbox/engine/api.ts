import { Pool } from 'undici';

/** The engine answered with anything but a success. */
export class EngineRefusal extends Error {
  override readonly name = 'EngineRefusal';
  readonly status: number;
  constructor(what: string, status: number, detail: string) {
    super(`${what}: ${status} ${detail}`);
    this.status = status;
  }
}

export type EngineRequest = {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
};

/** The Docker Engine API over a socket, as far as the sandbox and tests need it. */
export type EngineApi = {
  /**
   * The parsed answer, or undefined if it is empty. `path` begins with `/` and has no version: the newest version that
   * the engine offers is used.
   */
  readonly call: <T>(
    method: 'GET' | 'POST' | 'DELETE',
    path: string,
    request?: EngineRequest,
  ) => Promise<T>;
  readonly close: () => Promise<void>;
};

const DEADLINE_MS = 60_000;

/** Talks to the engine that listens on the unix socket `socketPath`. */
export const engineApi = (socketPath: string): EngineApi => {
  const pool = new Pool('http://engine', {
    connections: 16,
    connect: { socketPath },
  });
  /** The version that the engine offered last: another engine may replace it. */
  let version: string | null = null;

  const ask = async (
    method: 'GET' | 'POST' | 'DELETE',
    path: string,
    { body, headers, signal }: EngineRequest,
  ) => {
    const deadline = AbortSignal.timeout(DEADLINE_MS);
    const answer = await pool.request({
      method,
      path,
      body: body === undefined ? null : JSON.stringify(body),
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      signal: signal === undefined ? deadline : AbortSignal.any([signal, deadline]),
    });
    const offered = answer.headers['api-version'];
    if (typeof offered === 'string') version = offered;
    return { status: answer.statusCode, text: await answer.body.text() };
  };

  const call = async <T>(
    method: 'GET' | 'POST' | 'DELETE',
    path: string,
    request: EngineRequest = {},
  ): Promise<T> => {
    if (version === null) await ask('GET', '/_ping', { signal: request.signal });
    const asked = version;
    const first = await ask(method, `/v${asked}${path}`, request);
    // The engine refused only the version, so nothing was done.
    const isOther = first.status === 400 && version !== asked;
    const { status, text } = isOther ? await ask(method, `/v${version}${path}`, request) : first;
    if (status >= 300) throw new EngineRefusal(`${method} ${path}`, status, text.slice(0, 1000));
    try {
      return JSON.parse(text) as T;
    } catch {
      // A pull answers with one line of JSON per step, and some calls have no body.
      return text as T;
    }
  };
  return { call, close: () => pool.destroy() };
};
