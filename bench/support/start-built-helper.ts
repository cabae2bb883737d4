import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Pool } from 'undici';
import type { Page } from '../../src/core/contract/views.ts';
import { type Line, startLineChild } from './child.ts';
import { shippedNodeOptions } from './shipped-node-options.ts';

const BUILT_MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
const HOOK_SECRET = 'a-path-secret-for-benchmarks-only-0123456789';
const API_TOKEN = 'an-operator-token-for-benchmarks-only-0123456789';
const ANSWER_WITHIN_MS = 120_000;

/** The shipped build of the helper, in a separate process with a new store. */
export type BuiltHelper = {
  readonly pid: number;
  readonly url: string;
  readonly hookUrl: string;
  /** The token of an operator. */
  readonly token: string;
  /** From the start of the process to the line that reports that it is ready. */
  readonly readyAfterMs: number;
  /** The first log line that matches, including lines already received. */
  readonly line: (matches: (line: Line) => boolean) => Promise<Line>;
  readonly forgetLines: () => void;
  /** From now on, the log costs the measuring process nothing. */
  readonly ignoreLines: () => void;
  /** Posts a webhook over a warm connection. Throws for any answer except 202. */
  readonly hook: (body: unknown) => Promise<void>;
  readonly get: <T>(path: string) => Promise<T>;
  readonly post: <T>(path: string, body: unknown) => Promise<T>;
  /** Every item of a list, from all its pages. */
  readonly list: <T>(path: string) => Promise<readonly T[]>;
  /** Stops the helper, lets `inspect` read its store, and removes the store. Can be called again. */
  readonly stop: (inspect?: (store: string) => void) => Promise<void>;
};

export type BuiltHelperOptions = {
  readonly engineUrl: string;
  /** Registries that the helper contacts over HTTP. */
  readonly registries: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
};

export const startBuiltHelper = async (options: BuiltHelperOptions): Promise<BuiltHelper> => {
  const folder = mkdtempSync(join(tmpdir(), 'cd-helper-bench-'));
  const store = join(folder, 'store.db');
  const began = performance.now();
  const child = startLineChild({
    file: BUILT_MAIN,
    nodeOptions: shippedNodeOptions(),
    args: ['serve'],
    env: {
      CD_HELPER_LISTEN: '127.0.0.1:0',
      CD_HELPER_STORE: store,
      CD_HELPER_HOOK_SECRET: HOOK_SECRET,
      CD_HELPER_API_TOKEN: API_TOKEN,
      CD_HELPER_ENGINE_URL: options.engineUrl,
      CD_HELPER_REGISTRY_INSECURE: options.registries.join(','),
      // More Node options, for profiling.
      NODE_OPTIONS: process.env['CD_HELPER_BENCH_NODE_OPTIONS'] ?? '',
      ...options.env,
    },
  });
  const forgetFolder = (): void => rmSync(folder, { recursive: true, force: true });
  const ready = await child
    .line(({ msg }) => msg === 'ready')
    .catch((error: unknown) => {
      forgetFolder();
      throw error;
    });
  const readyAfterMs = performance.now() - began;
  const url = String(ready['address']);
  const pool = new Pool(url, { connections: 8 });
  let isStopped = false;

  const ask = async <T>(
    method: 'GET' | 'POST',
    path: string,
    body: unknown,
    expected: readonly number[],
  ): Promise<T> => {
    const answer = await pool.request({
      method,
      path,
      headers: { authorization: `Bearer ${API_TOKEN}`, 'content-type': 'application/json' },
      body: body === undefined ? null : JSON.stringify(body),
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    });
    const text = await answer.body.text();
    if (!expected.includes(answer.statusCode)) {
      throw new Error(`${method} ${path}: ${answer.statusCode} ${text.slice(0, 500)}`);
    }
    return JSON.parse(text) as T;
  };
  const get = <T>(path: string): Promise<T> => ask<T>('GET', `/api/v1${path}`, undefined, [200]);

  return {
    pid: child.pid,
    url,
    hookUrl: `${url}/hooks/${HOOK_SECRET}`,
    token: API_TOKEN,
    readyAfterMs,
    line: child.line,
    forgetLines: child.forget,
    ignoreLines: child.ignore,
    hook: async (body) => {
      await ask('POST', `/hooks/${HOOK_SECRET}`, body, [202]);
    },
    get,
    post: (path, body) => ask('POST', `/api/v1${path}`, body, [200, 202]),
    list: async <T>(path: string) => {
      const items: T[] = [];
      let cursor: string | null = null;
      do {
        const joint = path.includes('?') ? '&' : '?';
        const next: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`;
        const page: Page<T> = await get<Page<T>>(`${path}${joint}limit=100${next}`);
        items.push(...page.items);
        cursor = page.next;
      } while (cursor !== null);
      return items;
    },
    stop: async (inspect) => {
      if (isStopped) return;
      isStopped = true;
      await pool.destroy();
      await child.stop();
      try {
        inspect?.(store);
      } finally {
        forgetFolder();
      }
    },
  };
};
