import { mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type EngineChoice, engineChoice } from './engine/engine-choice.ts';
import { enginePath } from './engine/engine-programs.ts';
import {
  type EngineAddresses,
  type EngineOptions,
  type ExtraArguments,
  type RunningEngine,
  startEngine,
} from './engine/start-engine.ts';
import {
  cgroupName,
  claimFolder,
  FOLDER_PREFIX,
  removeAbandoned,
  removeLeftovers,
} from './machine/leftovers.ts';
import { kill } from './machine/child.ts';
import { ensurePackages } from './machine/packages.ts';
import { stopOnSignals } from './machine/stop-on-signals.ts';
import { createPusher, type Pusher } from './registry/push.ts';
import {
  type NotifyEndpoint,
  type RegistryAddresses,
  type RunningRegistry,
  startRegistry,
} from './registry/start-registry.ts';
import { attachEngine, type Engine } from './swarm/engine.ts';

/** Plain data that another process needs to find everything. */
export type SandboxAddresses = {
  readonly folder: string;
  readonly engines: readonly [EngineAddresses, ...EngineAddresses[]];
  readonly registry: RegistryAddresses;
};

/** A real Swarm and a real registry that already run. `engines[0]` always exists. */
export type AttachedSandbox = Pick<
  Pusher,
  'pushImage' | 'uploadImage' | 'moveTag' | 'deleteManifest'
> & {
  readonly engines: readonly [Engine, ...Engine[]];
  readonly registry: RegistryAddresses;
  /** `acme/web:v1` in the sandbox's registry, as in a service spec; pinned if it has a digest. */
  readonly image: (repository: string, tag: string, digest?: string) => string;
  readonly addresses: SandboxAddresses;
  /** Releases sockets. The sandbox continues to run. */
  readonly close: () => Promise<void>;
};

export type Sandbox = AttachedSandbox & {
  readonly startedInMs: number;
  /** Restarts the registry at the same address with its content. From then on, it notifies these endpoints. */
  readonly notify: (endpoints: readonly NotifyEndpoint[]) => Promise<void>;
  /** Ends every process and removes every file of the sandbox. May be called again. */
  readonly stop: () => Promise<void>;
};

export type SandboxOptions = {
  /** The sandbox's folder, which must not exist yet and is removed on stop; default: a folder for temporary files. */
  readonly folder?: string;
  /** Number of Swarms with one engine each; default: one. */
  readonly engines?: 1 | 2 | 3;
  readonly notify?: readonly NotifyEndpoint[];
  /** Default: what `engineChoice` finds in the environment. */
  readonly engine?: EngineChoice;
  readonly engineArguments?: ExtraArguments;
  readonly taskHistory?: number;
  /** Called with a line about each slow step. */
  readonly tell?: (line: string) => void;
  readonly signal?: AbortSignal;
};

/** Connects to a sandbox that another process started. */
export const attachSandbox = (addresses: SandboxAddresses): AttachedSandbox => {
  const { registry } = addresses;
  const pusher = createPusher({ url: registry.url });
  const [first, ...others] = addresses.engines;
  const engines: [Engine, ...Engine[]] = [attachEngine(first), ...others.map(attachEngine)];
  return {
    engines,
    registry,
    addresses,
    image: (repository, tag, digest) =>
      `${registry.host}/${repository}:${tag}${digest === undefined ? '' : `@${digest}`}`,
    pushImage: pusher.pushImage,
    uploadImage: pusher.uploadImage,
    moveTag: pusher.moveTag,
    deleteManifest: pusher.deleteManifest,
    close: async () => {
      await Promise.all([pusher.close(), ...engines.map(({ api }) => api.close())]);
    },
  };
};

const makeFolder = (wanted: string | undefined): string => {
  removeAbandoned(tmpdir());
  if (wanted !== undefined) mkdirSync(wanted);
  const folder = wanted ?? mkdtempSync(join(tmpdir(), FOLDER_PREFIX));
  claimFolder(folder);
  return folder;
};

const engineAddresses = ({ stop: _stop, pid: _pid, ...addresses }: RunningEngine) => addresses;

const registryAddresses = ({
  stop: _stop,
  restart: _restart,
  pid: _pid,
  ...addresses
}: RunningRegistry) => addresses;

type EngineProgram = Pick<EngineOptions, 'path' | 'imageStore'>;

type Part = RunningEngine | RunningRegistry;

/** Starts everything. `parts` holds what runs, even if a later part fails. */
const startParts = async (
  folder: string,
  options: SandboxOptions & EngineProgram,
  signal: AbortSignal,
  parts: Set<Part>,
): Promise<{ addresses: SandboxAddresses; registry: RunningRegistry }> => {
  const { path, imageStore, taskHistory, engineArguments = [], notify = [] } = options;
  const engine = async (number: number): Promise<RunningEngine> => {
    const running = await startEngine({
      name: `engine-${number}`,
      folder: join(folder, `engine-${number}`),
      cgroup: `/${cgroupName(folder)}/engine-${number}`,
      path,
      imageStore,
      extraArguments: engineArguments,
      ...(taskHistory === undefined ? {} : { taskHistory }),
      signal,
    });
    parts.add(running);
    return running;
  };
  const first = await engine(1);
  const others: RunningEngine[] = [];
  for (let number = 2; number <= (options.engines ?? 1); number += 1) {
    others.push(await engine(number));
  }
  const { hostAddress } = first;
  const registry = await startRegistry({
    folder: join(folder, 'registry'),
    hostAddress,
    notify,
    signal,
  });
  parts.add(registry);
  const engines = [engineAddresses(first), ...others.map(engineAddresses)] as const;
  return { addresses: { folder, engines, registry: registryAddresses(registry) }, registry };
};

/**
 * Starts one to three Swarms and a registry, private to the sandbox. It has its own folder, namespaces and addresses,
 * so any number of sandboxes can run in parallel, and nothing else on the machine changes. Needs root on Linux, and
 * installs missing Debian packages. Throws `NoRealEngine` if that is not possible, and leaves nothing behind if it
 * fails. SIGINT, SIGTERM and the end of this process stop the sandbox. After a SIGKILL its processes end too, and the
 * next start removes its files.
 */
export const startSandbox = async (options: SandboxOptions = {}): Promise<Sandbox> => {
  const { tell = () => {} } = options;
  await ensurePackages(tell, options.signal);
  const { version, imageStore } = options.engine ?? engineChoice();
  const program = { path: await enginePath(version, tell, options.signal), imageStore };
  const began = performance.now();
  const folder = makeFolder(options.folder);
  const stopped = new AbortController();
  const signals = [stopped.signal, options.signal].filter((signal) => signal !== undefined);
  const parts = new Set<Part>();
  const starting = startParts(folder, { ...options, ...program }, AbortSignal.any(signals), parts);
  let changing: Promise<unknown> = starting;

  const stopAll = async (): Promise<void> => {
    stopped.abort(new Error('the sandbox is being stopped'));
    // Before we stop, we must know what has started. The caller who started it gets the failure.
    await changing.catch(() => {});
    await Promise.all([...parts].map((part) => part.stop()));
    removeLeftovers(folder);
    forgetSignals();
  };
  let stopping: Promise<void> | undefined;
  const stop = (): Promise<void> => (stopping ??= stopAll());
  const forgetSignals = stopOnSignals(stop, () => {
    for (const { pid } of parts) kill(pid, 'SIGKILL');
    removeLeftovers(folder);
  });

  const restartRegistry = async (
    before: RunningRegistry,
    notify: readonly NotifyEndpoint[],
  ): Promise<RunningRegistry> => {
    parts.delete(before);
    const after = await before.restart({ notify });
    parts.add(after);
    return after;
  };

  try {
    const { addresses, registry } = await starting;
    const attached = attachSandbox(addresses);
    let current = registry;
    return {
      ...attached,
      startedInMs: Math.round(performance.now() - began),
      notify: async (endpoints) => {
        const restarting = restartRegistry(current, endpoints);
        changing = restarting;
        current = await restarting;
      },
      stop: async () => {
        await attached.close();
        await stop();
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
};
