import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { startChild, stopChild, SYSTEM_PATH } from '../machine/child.ts';
import { canConnect, freePort } from '../machine/network.ts';
import { HopelessError, waitUntil } from '../machine/wait-until.ts';

/** A notification endpoint, with the options and defaults of distribution's configuration. */
export type NotifyEndpoint = {
  readonly url: string;
  readonly name?: string;
  readonly headers?: Readonly<Record<string, readonly string[]>>;
  readonly timeout?: string;
  /** Consecutive failures after which the registry waits for `backoff`. */
  readonly threshold?: number;
  readonly backoff?: string;
  /** Events that it does not report. */
  readonly ignore?: {
    readonly mediatypes?: readonly string[];
    readonly actions?: readonly string[];
  };
};

export type RegistryOptions = {
  /** For this registry only; created if it does not exist. */
  readonly folder: string;
  /** Address to listen on; default: 127.0.0.1. */
  readonly hostAddress?: string;
  /** Default: a free port. */
  readonly port?: number;
  readonly notify?: readonly NotifyEndpoint[];
  /** Merged over the top-level keys of its configuration: `auth`, `proxy`, … */
  readonly config?: Readonly<Record<string, unknown>>;
  /** Merged into `http` of its configuration: `tls`, `headers`, … */
  readonly http?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
};

export type RegistryAddresses = {
  /** As in image references: `198.18.0.1:45001`. */
  readonly host: string;
  readonly url: string;
  /** One line per request, in Apache's combined format. */
  readonly accessLog: string;
  readonly logFile: string;
  readonly folder: string;
};

export type RunningRegistry = RegistryAddresses & {
  readonly pid: number;
  /** Stops the registry and starts it again at the same address, with everything that was pushed so far. */
  readonly restart: (
    changes: Pick<RegistryOptions, 'notify' | 'config'>,
  ) => Promise<RunningRegistry>;
  /** Stops the registry. What was pushed stays in its folder. */
  readonly stop: () => Promise<void>;
};

const START_WITHIN_MS = 15_000;
const STOP_WITHIN_MS = 3_000;
const PORT_ATTEMPTS = 3;

const configOf = (options: RegistryOptions, address: string): string =>
  stringify({
    version: '0.1',
    log: { level: 'info', accesslog: { disabled: false } },
    storage: {
      filesystem: { rootdirectory: join(options.folder, 'storage') },
      delete: { enabled: true },
      maintenance: { uploadpurging: { enabled: false } },
    },
    http: { addr: address, ...options.http },
    notifications: {
      endpoints: (options.notify ?? []).map((endpoint, index) => ({
        name: `endpoint-${index + 1}`,
        timeout: '2s',
        threshold: 5,
        backoff: '1s',
        ...endpoint,
      })),
    },
    ...options.config,
  });

const startOnce = async (options: RegistryOptions, port: number): Promise<RunningRegistry> => {
  const { folder, hostAddress = '127.0.0.1' } = options;
  const host = `${hostAddress}:${port}`;
  const configFile = join(folder, 'config.yml');
  const accessLog = join(folder, 'access.log');
  const logFile = join(folder, 'registry.log');
  await writeFile(configFile, configOf(options, host));
  const child = await startChild({
    command: ['docker-registry', 'serve', configFile],
    env: { PATH: SYSTEM_PATH, ...options.env },
    stdout: accessLog,
    stderr: logFile,
  });
  const stop = () => stopChild(child, STOP_WITHIN_MS);
  try {
    await waitUntil(
      async () => {
        if (child.hasEnded()) throw new HopelessError(`the registry ended: ${await child.ended}`);
        return await canConnect(hostAddress, port);
      },
      {
        what: 'the registry answers',
        withinMs: START_WITHIN_MS,
        everyMs: 20,
        signal: options.signal,
      },
    );
  } catch (error) {
    await stop();
    options.signal?.throwIfAborted();
    const log = await readFile(logFile, 'utf8').catch(() => '');
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`no registry: ${reason}\n${log.slice(-2000)}`, { cause: error });
  }
  const url = `${options.http?.['tls'] === undefined ? 'http' : 'https'}://${host}`;
  const restart: RunningRegistry['restart'] = async (changes) => {
    await stop();
    return await startOnce({ ...options, ...changes }, port);
  };
  return { host, url, accessLog, logFile, folder, pid: child.pid, restart, stop };
};

/**
 * Starts a distribution registry, with or without notifications. If it does not start, throws with its last log lines
 * and leaves nothing running.
 */
export const startRegistry = async (options: RegistryOptions): Promise<RunningRegistry> => {
  await mkdir(options.folder, { recursive: true });
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await startOnce(options, options.port ?? (await freePort(options.hostAddress)));
    } catch (error) {
      // Another process can take the port after we found it free and before the registry opens it.
      const taken = error instanceof Error && error.message.includes('address already in use');
      if (!taken || options.port !== undefined || attempt === PORT_ATTEMPTS) throw error;
    }
  }
};
