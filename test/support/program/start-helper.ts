import { type ChildProcess, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import type { DeliveryDetail, DeliveryView } from '../../../src/core/contract/delivery-views.ts';
import type { DeploymentView, Page, ServiceView } from '../../../src/core/contract/views.ts';
import { findLeaks, readStore, secretsGiven } from './find-leaks.ts';
import { COMPILED_CODE } from './compiled-code.ts';

const MAIN = fileURLToPath(new URL('../../../src/main.ts', import.meta.url));
export const HOOK_SECRET = 'a-path-secret-for-tests-only-0123456789';
export const API_TOKEN = 'an-operator-token-for-tests-only-0123456789';
const READY_WITHIN_MS = 180_000;
const ANSWER_WITHIN_MS = 30_000;
/** A helper that has not stopped after this time hangs. */
const STOP_WITHIN_MS = 30_000;
const END_WITHIN_MS = 60_000;

export type LogLine = Readonly<Record<string, unknown>> & { readonly msg: string };

/** The real helper in a separate process, as `cd-helper serve` runs it. */
export type RunningHelper = {
  readonly pid: number;
  readonly url: string;
  /** The address that senders post to. */
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
  /** Resolves with the exit code when the process is gone; null after a signal. */
  readonly gone: Promise<number | null>;
  /** SIGTERM; resolves with the exit code. */
  readonly stop: () => Promise<number | null>;
  /** SIGKILL; resolves when the process is gone. */
  readonly kill: () => Promise<void>;
};

export type HelperOptions = {
  readonly store: string;
  /** 0 means a free port. */
  readonly port?: number;
  readonly host?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Written as the YAML configuration file, beside the store. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** Passes that file with `--config` instead of the variable. */
  readonly configByArgument?: boolean;
  /** Kills it (SIGKILL), even while it starts. */
  readonly signal?: AbortSignal;
  /** A command in front of the program, which must become the helper's process, such as `nsenter`. */
  readonly within?: readonly string[];
  /** The program to run; default: the sources. */
  readonly main?: string;
  /** Secrets that are not in its configuration, for example if it contains only their hashes. */
  readonly secrets?: readonly string[];
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

type Child = {
  readonly process: ChildProcess;
  readonly secrets: readonly string[];
  readonly apiTokens: readonly string[];
  readonly log: readonly LogLine[];
  readonly output: () => string;
  /** The address that it reports to listen on. */
  readonly ready: Promise<string>;
  readonly gone: Promise<number | null>;
};

const asLogLine = (line: string): LogLine => {
  try {
    return JSON.parse(line) as LogLine;
  } catch {
    return { msg: line };
  }
};

/** A test that was interrupted must not leave a helper behind. */
const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

const asObject = (value: unknown): object =>
  typeof value === 'object' && value !== null ? value : {};

const spawnHelper = (options: HelperOptions): Child => {
  const { store, configByArgument = false } = options;
  const configFile = `${store}.yml`;
  // Otherwise the report a minute after the start would disturb the test.
  const isOwn = options.env?.['CD_HELPER_CONFIG'] === undefined;
  const smartRedeploy = { onStart: 'off', ...asObject(options.config?.['smartRedeploy']) };
  const config = isOwn ? { ...options.config, smartRedeploy } : options.config;
  if (config !== undefined) writeFileSync(configFile, stringify(config), { mode: 0o600 });
  const env = {
    PATH: process.env['PATH'],
    HOME: '/nonexistent',
    ...COMPILED_CODE,
    CD_HELPER_LISTEN: `${options.host ?? '127.0.0.1'}:${options.port ?? 0}`,
    CD_HELPER_STORE: store,
    CD_HELPER_HOOK_SECRET: HOOK_SECRET,
    CD_HELPER_API_TOKEN: API_TOKEN,
    ...(config === undefined || configByArgument ? {} : { CD_HELPER_CONFIG: configFile }),
    ...options.env,
  };
  const [command = '', ...args] = [
    ...(options.within ?? []),
    process.execPath,
    options.main ?? MAIN,
    'serve',
    ...(configByArgument ? ['--config', configFile] : []),
  ];
  const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  running.add(child);
  options.signal?.addEventListener('abort', () => child.kill('SIGKILL'), { once: true });
  let output = '';
  const log: LogLine[] = [];
  const gone = new Promise<number | null>((resolve) => {
    child.once('close', (code) => {
      running.delete(child);
      resolve(code);
    });
  });
  const ready = new Promise<string>((resolve) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      output += `${line}\n`;
      const entry = asLogLine(line);
      log.push(entry);
      if (entry.msg === 'ready') resolve(String(entry['address']));
    });
  });
  child.stderr.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  const { all, apiTokens } = secretsGiven(env);
  const secrets = [...all, ...(options.secrets ?? [])];
  return { process: child, secrets, apiTokens, log, output: () => output, ready, gone };
};

/** The result of `promise`, or an error that names what took longer than `ms`. */
const within = async <T>(ms: number, what: string, promise: Promise<T>): Promise<T> => {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`${what} took longer than ${ms} ms`)), ms);
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
};

/** Throws if the output of a helper contains one of its secrets. */
const refuseLeaks = (
  { secrets, output }: Pick<Child, 'secrets' | 'output'>,
  written: Readonly<Record<string, string>>,
): void => {
  const leaks = findLeaks(secrets, { output: output(), ...written });
  if (leaks.length > 0) throw new Error(`a secret was written:\n${leaks.join('\n')}`);
};

/** Starts a helper that is expected to end on its own, and returns how it ended. */
export const runHelperToEnd = async (
  options: HelperOptions,
): Promise<{ readonly code: number | null; readonly output: string }> => {
  const child = spawnHelper(options);
  try {
    const code = await within(END_WITHIN_MS, 'the end of the helper', child.gone);
    refuseLeaks(child, { store: readStore(options.store) });
    return { code, output: child.output() };
  } catch (error) {
    throw new Error(`${String(error)}\n${child.output()}`, { cause: error });
  } finally {
    child.process.kill('SIGKILL');
  }
};

/**
 * Starts the helper and waits until it listens. However it ends, everything that it wrote is then searched for its
 * secrets: its log, its store, its error answers, and its metrics.
 */
export const startHelper = async (options: HelperOptions): Promise<RunningHelper> => {
  const { process: child, secrets, apiTokens, log, output, ready, gone } = spawnHelper(options);
  const ended = gone.then((code) => {
    throw new Error(`the helper ended with ${code}`);
  });
  const url = await within(
    READY_WITHIN_MS,
    'the start of the helper',
    Promise.race([ready, ended]),
  ).catch((error: unknown) => {
    child.kill('SIGKILL');
    throw new Error(`${String(error)}\n${output()}`, { cause: error });
  });
  ended.catch(() => {});
  const headers = { authorization: `Bearer ${API_TOKEN}` };
  let refusals = '';
  const ask = async (path: string, init: RequestInit): Promise<Response> => {
    const signal = AbortSignal.timeout(ANSWER_WITHIN_MS);
    const answer = await fetch(`${url}${path}`, { signal, ...init });
    if (!answer.ok) refusals += `${await answer.clone().text()}\n`;
    return answer;
  };
  const lastMetrics = async (): Promise<string> => {
    const shown = { authorization: `Bearer ${apiTokens[0] ?? ''}` };
    const answer = await ask('/metrics', { headers: shown }).catch(() => null);
    return (await answer?.text()) ?? '';
  };
  const search = (metrics: string): void =>
    refuseLeaks({ secrets, output }, { store: readStore(options.store), refusals, metrics });
  const get = async <T>(path: string): Promise<T> => {
    const answer = await ask(`/api/v1${path}`, { headers });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as T;
  };
  return {
    pid: child.pid ?? -1,
    url,
    hookUrl: `${url}/hooks/${HOOK_SECRET}`,
    log,
    output,
    get,
    postHook: (body, more = {}) =>
      ask(`/hooks/${HOOK_SECRET}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...more },
        body: JSON.stringify(body),
      }),
    post: (path, body) =>
      ask(`/api/v1${path}`, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json' },
        body: JSON.stringify(body ?? {}),
      }),
    deployments: (query = '') => readAll<DeploymentView>(get, `/deployments${query}`),
    deliveries: () => readAll<DeliveryView>(get, '/deliveries?ignored=true'),
    delivery: (id) => get<DeliveryDetail>(`/deliveries/${id}`),
    services: (query = '') => readAll<ServiceView>(get, `/services${query}`),
    gone,
    stop: async () => {
      const metrics =
        child.exitCode === null && child.signalCode === null ? await lastMetrics() : '';
      child.kill('SIGTERM');
      const code = await within(STOP_WITHIN_MS, 'the stop of the helper', gone).catch(
        (error: unknown) => {
          child.kill('SIGKILL');
          throw new Error(`${String(error)}\n${output()}`, { cause: error });
        },
      );
      search(metrics);
      return code;
    },
    kill: async () => {
      child.kill('SIGKILL');
      await gone;
      search('');
    },
  };
};

/** Docker Hub's payload for a push. */
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
