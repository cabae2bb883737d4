import { Pool } from 'undici';

/** Thrown where the engine answers anything but a success. */
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

/** The Docker Engine API over a socket, for what the sandbox itself and tests do with it. */
export type EngineApi = {
  /** The parsed answer, or undefined for an empty one. `path` begins with `/`, without a version. */
  readonly call: <T>(
    method: 'GET' | 'POST' | 'DELETE',
    path: string,
    request?: EngineRequest,
  ) => Promise<T>;
  readonly close: () => Promise<void>;
};

const API_VERSION = 'v1.41';
const DEADLINE_MS = 60_000;

/** Speaks to the engine that listens on the unix socket `socketPath`. */
export const engineApi = (socketPath: string): EngineApi => {
  const pool = new Pool('http://engine', {
    connections: 16,
    connect: { socketPath },
  });
  const call = async <T>(
    method: 'GET' | 'POST' | 'DELETE',
    path: string,
    { body, headers, signal }: EngineRequest = {},
  ): Promise<T> => {
    const deadline = AbortSignal.timeout(DEADLINE_MS);
    const answer = await pool.request({
      method,
      path: `/${API_VERSION}${path}`,
      body: body === undefined ? null : JSON.stringify(body),
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      signal: signal === undefined ? deadline : AbortSignal.any([signal, deadline]),
    });
    const text = await answer.body.text();
    if (answer.statusCode >= 300) {
      throw new EngineRefusal(`${method} ${path}`, answer.statusCode, text.slice(0, 1000));
    }
    try {
      return JSON.parse(text) as T;
    } catch {
      // Pulls answer a line of JSON for each step, and some calls answer nothing.
      return text as T;
    }
  };
  return { call, close: () => pool.destroy() };
};
