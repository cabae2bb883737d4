import { Pool } from 'undici';
import { type SwarmpitAnswer, withError } from './answer.ts';

export type DockerReply = { readonly status: number; readonly body: unknown };

export type Docker = {
  /** Times out like Swarmpit: throws a `TimeoutError`. */
  readonly ask: (method: 'GET' | 'POST', path: string, body?: unknown) => Promise<DockerReply>;
  /** Reads a body that is not JSON. */
  readonly read: (path: string) => Promise<{ readonly status: number; readonly bytes: Buffer }>;
  readonly close: () => Promise<void>;
};

/** The engine behind Swarmpit: `unix://…`, `tcp://…` or `http://…`. */
export const connectDocker = (engineUrl: string, timeoutMs: number): Docker => {
  const isSocket = engineUrl.startsWith('unix://');
  const pool = isSocket
    ? new Pool('http://docker', { socketPath: engineUrl.slice('unix://'.length) })
    : new Pool(engineUrl.replace(/^tcp:/, 'http:'));
  const request = (method: 'GET' | 'POST', path: string, body?: unknown) =>
    pool.request({
      method,
      path,
      headers: body === undefined ? {} : { 'content-type': 'application/json' },
      body: body === undefined ? null : JSON.stringify(body),
      signal: AbortSignal.timeout(timeoutMs),
    });
  return {
    async ask(method, path, body) {
      const answer = await request(method, path, body);
      const text = await answer.body.text();
      return { status: answer.statusCode, body: text.trim() === '' ? null : JSON.parse(text) };
    },
    async read(path) {
      const answer = await request('GET', path);
      return { status: answer.statusCode, bytes: Buffer.from(await answer.body.arrayBuffer()) };
    },
    close: () => pool.destroy(),
  };
};

/** Docker's answer, passed on: its status and its message. */
export const relay = ({ status, body }: DockerReply): SwarmpitAnswer =>
  withError(status, (body as { message?: string } | null)?.message ?? null);
