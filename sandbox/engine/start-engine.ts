import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execFile } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { type Child, childrenOf, kill, startChild, SYSTEM_PATH } from '../machine/child.ts';
import { freeLink, type Link, SANDBOX_NETWORK } from '../machine/network.ts';
import { HopelessError, waitUntil } from '../machine/wait-until.ts';
import { engineApi } from './api.ts';
import type { ImageStore } from './engine-choice.ts';

export type EngineAddresses = {
  readonly name: string;
  /** Path of the socket; its URL is `unix://` and this path. */
  readonly socket: string;
  readonly url: string;
  /** The address at which this machine and the engine's containers on the host network reach each other. */
  readonly hostAddress: string;
  readonly engineAddress: string;
  readonly logFile: string;
  readonly folder: string;
  /** Search path whose `docker` belongs to this engine. */
  readonly path: string;
};

export type RunningEngine = EngineAddresses & {
  /** A process outside the namespaces. When it ends, everything in them ends. */
  readonly pid: number;
  /** Kills the engine and everything that runs in it at once. Files stay. */
  readonly stop: () => Promise<void>;
};

export type ExtraArguments =
  | readonly string[]
  | ((at: Pick<EngineAddresses, 'name' | 'folder' | 'engineAddress'>) => readonly string[]);

export type EngineOptions = {
  readonly name: string;
  /** For this engine only; created if it does not exist. */
  readonly folder: string;
  /** Below the root of each cgroup hierarchy. */
  readonly cgroup: string;
  readonly signal?: AbortSignal | undefined;
  /** Search path of `dockerd` and what it starts; see `enginePath`. */
  readonly path: string;
  readonly imageStore: ImageStore;
  /** More arguments for dockerd. A function receives the address of the engine. */
  readonly extraArguments?: ExtraArguments;
  /** Finished tasks that the Swarm keeps per slot. */
  readonly taskHistory?: number;
};

/** In the engine's folder: the search path of the next engine. */
export const PATH_FILE = 'path';
/** In the engine's folder while an engine that ends will be followed by another one. */
export const COMES_AGAIN_FILE = 'comes-again';

const START_WITHIN_MS = 30_000;
const LAST_LOG_LINES = 12;
const DEFAULT_TASK_HISTORY = 20;
const KILL_AGAIN_AFTER_MS = 200;

const run = promisify(execFile);

const extraArguments = (
  { extraArguments: extra = [], name, folder }: EngineOptions,
  { engineAddress }: Link,
): readonly string[] =>
  typeof extra === 'function' ? extra({ name, folder, engineAddress }) : extra;

const dockerdArguments = (
  options: EngineOptions,
  socket: string,
  link: Link,
): readonly string[] => [
  `--data-root=${join(options.folder, 'data')}`,
  '--exec-root=/run/docker',
  '--pidfile=/run/dockerd.pid',
  `--host=unix://${socket}`,
  `--cgroup-parent=${options.cgroup}`,
  '--exec-opt=native.cgroupdriver=cgroupfs',
  '--bridge=none',
  '--iptables=false',
  '--ip6tables=false',
  '--ip-masq=false',
  `--insecure-registry=${SANDBOX_NETWORK}`,
  `--config-file=${join(options.folder, 'daemon.json')}`,
  ...extraArguments(options, link),
];

const lastLines = async (file: string): Promise<string> => {
  const text = await readFile(file, 'utf8').catch(() => '');
  return text.trimEnd().split('\n').slice(-LAST_LOG_LINES).join('\n');
};

/**
 * Ends the first process of the namespace. Its parent ends only when every process in the namespace is gone. The kernel
 * removes the network a moment later, so remove the link here to be sure that it is gone.
 */
const stopNamespace = async (child: Child, link: Link): Promise<void> => {
  while (!child.hasEnded()) {
    const inside = await childrenOf(child.pid);
    for (const pid of inside) kill(pid, 'SIGKILL');
    if (inside.length === 0) kill(child.pid, 'SIGKILL');
    await Promise.race([child.ended, delay(KILL_AGAIN_AFTER_MS)]);
  }
  // This fails if the kernel was faster.
  await run('ip', ['link', 'delete', link.name], { env: { PATH: SYSTEM_PATH } }).catch(() => {});
};

const startSwarm = async (
  child: Child,
  socket: string,
  link: Link,
  options: EngineOptions,
): Promise<void> => {
  const api = engineApi(socket);
  try {
    await waitUntil(
      async () => {
        if (child.hasEnded()) throw new HopelessError(`the engine ended: ${await child.ended}`);
        return await api.call('GET', '/_ping');
      },
      {
        what: 'the engine answers',
        withinMs: START_WITHIN_MS,
        everyMs: 20,
        signal: options.signal,
      },
    );
    const limit = options.taskHistory ?? DEFAULT_TASK_HISTORY;
    await api.call('POST', '/swarm/init', {
      body: {
        ListenAddr: `${link.engineAddress}:2377`,
        AdvertiseAddr: link.engineAddress,
        Spec: { Orchestration: { TaskHistoryRetentionLimit: limit } },
      },
      signal: options.signal,
    });
  } finally {
    await api.close();
  }
};

/**
 * Starts a Docker Engine as the only manager of its own Swarm. If it does not start, throws with the engine's last log
 * lines and leaves nothing running.
 */
export const startEngine = async (options: EngineOptions): Promise<RunningEngine> => {
  const { folder, name, path, imageStore } = options;
  await mkdir(folder, { recursive: true });
  const socket = join(folder, 'docker.sock');
  const logFile = join(folder, 'dockerd.log');
  await writeFile(logFile, '');
  const features = { 'containerd-snapshotter': imageStore === 'containerd' };
  await writeFile(join(folder, 'daemon.json'), JSON.stringify({ features }));
  await writeFile(join(folder, PATH_FILE), path);
  const link = freeLink();
  const child = await startChild({
    command: [
      '/bin/sh',
      join(import.meta.dirname, 'namespace.sh'),
      name,
      link.name,
      link.hostAddress,
      link.engineAddress,
      String(link.prefixLength),
      SANDBOX_NETWORK,
      ...dockerdArguments(options, socket, link),
    ],
    env: { PATH: SYSTEM_PATH, ENGINE_FOLDER: folder },
    stdout: logFile,
    stderr: logFile,
  });
  try {
    await startSwarm(child, socket, link, options);
  } catch (error) {
    await stopNamespace(child, link);
    options.signal?.throwIfAborted();
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`no engine: ${reason}\n${await lastLines(logFile)}`, { cause: error });
  }
  return {
    name,
    folder,
    socket,
    url: `unix://${socket}`,
    hostAddress: link.hostAddress,
    engineAddress: link.engineAddress,
    logFile,
    path,
    pid: child.pid,
    stop: () => stopNamespace(child, link),
  };
};
