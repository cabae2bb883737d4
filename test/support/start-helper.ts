import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { DeliveryDetail, DeliveryView, DeploymentView, Page, ServiceView } from '../../src/core/views.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
export const HOOK_SECRET = 'a-path-secret-for-tests-only-0123456789';
export const API_TOKEN = 'an-operator-token-for-tests-only-0123456789';
const READY_WITHIN_MS = 20_000;

export type LogLine = Readonly<Record<string, unknown>> & { readonly msg: string };

/** The real helper in a process of its own, as `cd-helper serve` runs it. */
export type RunningHelper = {
  readonly pid: number;
  readonly url: string;
  /** Where senders post to. */
  readonly hookUrl: string;
  readonly log: readonly LogLine[];
  /** Everything that it wrote to both streams. */
  readonly output: () => string;
  readonly postHook: (body: unknown, headers?: Record<string, string>) => Promise<Response>;
  readonly get: <T>(path: string) => Promise<T>;
  readonly post: (path: string, body?: unknown) => Promise<Response>;
  readonly deployments: (query?: string) => Promise<readonly DeploymentView[]>;
  readonly deliveries: () => Promise<readonly DeliveryView[]>;
  readonly delivery: (id: string) => Promise<DeliveryDetail>;
  readonly services: (query?: string) => Promise<readonly ServiceView[]>;
  /** SIGTERM; resolves with the exit code. */
  readonly stop: () => Promise<number | null>;
  /** SIGKILL; resolves when it is gone. */
  readonly kill: () => Promise<void>;
};

export type HelperOptions = {
  readonly store: string;
  /** 0 takes a free one. */
  readonly port?: number;
  readonly host?: string;
  readonly env: Readonly<Record<string, string>>;
};

const readAll = async <T>(get: <P>(path: string) => Promise<P>, path: string): Promise<T[]> => {
  const items: T[] = [];
  let cursor: string | null = null;
  do {
    const join = path.includes('?') ? '&' : '?';
    const next: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const page: Page<T> = await get<Page<T>>(`${path}${join}limit=100${next}`);
    items.push(...page.items);
    cursor = page.next;
  } while (cursor !== null);
  return items;
};

const whenReady = (child: ChildProcess, log: LogLine[]): Promise<string> =>
  new Promise((resolve, reject) => {
    const tooLong = setTimeout(
      () => reject(new Error(`the helper was not ready in ${READY_WITHIN_MS} ms`)),
      READY_WITHIN_MS,
    );
    child.once('exit', (code) => {
      clearTimeout(tooLong);
      reject(new Error(`the helper ended with ${code}: ${JSON.stringify(log)}`));
    });
    if (child.stdout === null) throw new Error('no output to read');
    createInterface({ input: child.stdout }).on('line', (line) => {
      const entry = JSON.parse(line) as LogLine;
      log.push(entry);
      if (entry.msg !== 'ready') return;
      clearTimeout(tooLong);
      resolve(String(entry['address']));
    });
  });

/** Starts the helper and waits until it listens. */
export const startHelper = async (options: HelperOptions): Promise<RunningHelper> => {
  const child = spawn(process.execPath, [MAIN, 'serve'], {
    env: {
      PATH: process.env['PATH'],
      HOME: '/nonexistent',
      CD_HELPER_LISTEN: `${options.host ?? '127.0.0.1'}:${options.port ?? 0}`,
      CD_HELPER_STORE: options.store,
      CD_HELPER_HOOK_SECRET: HOOK_SECRET,
      CD_HELPER_API_TOKEN: API_TOKEN,
      ...options.env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const log: LogLine[] = [];
  let errors = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    errors += chunk.toString();
  });
  const gone = new Promise<number | null>((resolve) => {
    child.once('exit', (code) => resolve(code));
  });
  const url = await whenReady(child, log).catch((error: unknown) => {
    child.kill('SIGKILL');
    throw new Error(`${String(error)}\n${errors}`, { cause: error });
  });
  const headers = { authorization: `Bearer ${API_TOKEN}` };
  const get = async <T>(path: string): Promise<T> => {
    const answer = await fetch(`${url}/api/v1${path}`, { headers });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as T;
  };
  const hookUrl = `${url}/hooks/${HOOK_SECRET}`;
  return {
    pid: child.pid ?? -1,
    url,
    hookUrl,
    log,
    output: () => log.map((line) => JSON.stringify(line)).join('\n') + errors,
    get,
    postHook: (body, more = {}) =>
      fetch(hookUrl, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...more },
        body: JSON.stringify(body),
      }),
    post: (path, body) =>
      fetch(`${url}/api/v1${path}`, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json' },
        body: JSON.stringify(body ?? {}),
      }),
    deployments: (query = '') => readAll<DeploymentView>(get, `/deployments${query}`),
    deliveries: () => readAll<DeliveryView>(get, '/deliveries'),
    delivery: (id) => get<DeliveryDetail>(`/deliveries/${id}`),
    services: (query = '') => readAll<ServiceView>(get, `/services${query}`),
    stop: async () => {
      child.kill('SIGTERM');
      return gone;
    },
    kill: async () => {
      child.kill('SIGKILL');
      await gone;
    },
  };
};

/** Docker Hub's payload for a push, as it sends it. */
export const dockerHubPush = (repository: string, tag: string): unknown => ({
  callback_url: `https://registry.hub.docker.com/u/${repository}/hook/2141b5bi5i5b02bec211i4eeih0242eg11000a/`,
  push_data: { images: [], pushed_at: 1_763_888_400.123, pusher: 'somebody', tag },
  repository: {
    name: repository.split('/').at(-1),
    namespace: repository.split('/')[0],
    repo_name: repository,
    repo_url: `https://hub.docker.com/r/${repository}`,
    status: 'Active',
  },
});
