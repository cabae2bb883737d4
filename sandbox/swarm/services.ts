import { type Digest, parseDigest } from '../../src/core/image/digest.ts';
import { EngineRefusal, type EngineApi } from '../engine/api.ts';
import { waitUntil } from '../machine/wait-until.ts';
import { type ServiceRequest, serviceSpec } from './service-spec.ts';

/** The part of the engine's answers that tests read. */
export type EngineService = {
  readonly ID: string;
  readonly Version: { readonly Index: number };
  readonly Spec: {
    readonly Name: string;
    readonly Labels?: Readonly<Record<string, string>>;
    readonly Mode: {
      readonly Replicated?: { readonly Replicas: number };
      readonly Global?: object;
    };
    readonly TaskTemplate: {
      readonly ContainerSpec: { readonly Image: string };
      readonly ForceUpdate?: number;
    };
  };
  readonly PreviousSpec?: unknown;
  readonly UpdateStatus?: { readonly State?: string; readonly Message?: string };
};

export type EngineTask = {
  readonly ID: string;
  readonly ServiceID: string;
  readonly Slot?: number;
  readonly NodeID?: string;
  readonly DesiredState: string;
  readonly CreatedAt: string;
  readonly UpdatedAt: string;
  readonly Spec: { readonly ContainerSpec: { readonly Image: string } };
  readonly Status: {
    readonly State: string;
    readonly Timestamp: string;
    readonly Err?: string;
    readonly ContainerStatus?: { readonly ContainerID?: string; readonly ExitCode?: number };
  };
};

export type Services = {
  /** Creates a service and returns its id, without waiting for its tasks. */
  readonly create: (request: ServiceRequest) => Promise<string>;
  /** Creates services and waits until all tasks of each one run. */
  readonly deploy: (...requests: readonly ServiceRequest[]) => Promise<readonly string[]>;
  readonly inspect: (idOrName: string) => Promise<EngineService>;
  readonly list: () => Promise<readonly EngineService[]>;
  /** `Version.Index`: shows whether anybody has changed the service. */
  readonly versionOf: (idOrName: string) => Promise<number>;
  /** Every task that the engine still remembers, oldest first. */
  readonly tasks: (idOrName: string) => Promise<readonly EngineTask[]>;
  /**
   * The digests that its containers run now, one per running task, sorted. They come from the images of the containers,
   * not from a spec.
   */
  readonly runningDigests: (idOrName: string) => Promise<readonly Digest[]>;
  /**
   * Waits until no update is in progress and all tasks run, with `digest` if given. After `withinMs` (60 s), throws
   * with the states of the tasks.
   */
  readonly converged: (
    idOrName: string,
    options?: {
      readonly digest?: Digest;
      readonly withinMs?: number;
      readonly signal?: AbortSignal;
    },
  ) => Promise<void>;
  readonly remove: (...idsOrNames: readonly string[]) => Promise<void>;
  /** Removes every service and waits until their containers are gone. */
  readonly removeAll: () => Promise<void>;
};

const CONVERGED_WITHIN_MS = 60_000;
const REMOVED_WITHIN_MS = 30_000;
const UNDER_WAY = new Set(['updating', 'rollback_started']);
const OVER = new Set(['complete', 'shutdown', 'failed', 'rejected', 'remove', 'orphaned']);

const filters = (value: Readonly<Record<string, readonly string[]>>): string =>
  `filters=${encodeURIComponent(JSON.stringify(value))}`;

/** The calls that tests use for the services of the engine behind `api`. */
export const createServices = (api: EngineApi): Services => {
  const inspect = (idOrName: string) =>
    api.call<EngineService>('GET', `/services/${encodeURIComponent(idOrName)}`);

  const tasks = async (idOrName: string): Promise<readonly EngineTask[]> => {
    const found = await api.call<EngineTask[]>('GET', `/tasks?${filters({ service: [idOrName] })}`);
    return found.toSorted((a, b) => a.CreatedAt.localeCompare(b.CreatedAt));
  };

  const digestOfContainer = async (containerId: string): Promise<Digest> => {
    const container = await api.call<{ Image: string }>('GET', `/containers/${containerId}/json`);
    const image = await api.call<{ Id: string; RepoDigests: string[] }>(
      'GET',
      `/images/${container.Image}/json`,
    );
    // Containerd's image store identifies an image by the pulled digest. Engine 26.1 reports no other.
    const names = image.RepoDigests.length === 0 ? [image.Id] : image.RepoDigests;
    const digests = new Set(names.map((name) => name.slice(name.indexOf('@') + 1)));
    const [digest = ''] = digests;
    const parsed = parseDigest(digest);
    if (parsed === null || digests.size > 1) {
      throw new Error(`container ${containerId} has ${digests.size} digests`);
    }
    return parsed;
  };

  const runningDigests = async (idOrName: string): Promise<readonly Digest[]> => {
    const running = (await tasks(idOrName)).filter(({ Status }) => Status.State === 'running');
    const ids = running.flatMap(({ Status }) => Status.ContainerStatus?.ContainerID ?? []);
    return (await Promise.all(ids.map(digestOfContainer))).toSorted();
  };

  const tellTasks = (found: readonly EngineTask[]): string =>
    found
      .map(({ Status, DesiredState, Spec }) =>
        [Status.State, `wanted ${DesiredState}`, Status.Err, Spec.ContainerSpec.Image].join(', '),
      )
      .join('\n');

  const wantedTasks = async (service: EngineService): Promise<number> =>
    service.Spec.Mode.Replicated?.Replicas ??
    (await api.call<readonly unknown[]>('GET', '/nodes')).length;

  const converged: Services['converged'] = async (idOrName, options = {}) => {
    const { digest, withinMs = CONVERGED_WITHIN_MS, signal } = options;
    await waitUntil(
      async () => {
        const service = await inspect(idOrName);
        if (UNDER_WAY.has(service.UpdateStatus?.State ?? '')) return null;
        const found = await tasks(idOrName);
        const live = found.filter(({ Status }) => !OVER.has(Status.State));
        const running = live.filter(({ Status }) => Status.State === 'running');
        const wanted = await wantedTasks(service);
        if (live.length !== wanted || running.length !== wanted) throw new Error(tellTasks(found));
        if (digest === undefined) return true;
        const digests = await runningDigests(idOrName);
        return digests.length === wanted && digests.every((one) => one === digest) ? true : null;
      },
      { what: `${idOrName} has converged`, withinMs, everyMs: 100, signal },
    );
  };

  const create = async (request: ServiceRequest): Promise<string> =>
    (await api.call<{ ID: string }>('POST', '/services/create', { body: serviceSpec(request) })).ID;

  const remove = async (...idsOrNames: readonly string[]): Promise<void> => {
    await Promise.all(
      idsOrNames.map(async (one) => {
        try {
          await api.call('DELETE', `/services/${encodeURIComponent(one)}`);
        } catch (error) {
          if (!(error instanceof EngineRefusal && error.status === 404)) throw error;
        }
      }),
    );
  };

  return {
    create,
    deploy: async (...requests) => {
      const ids = await Promise.all(requests.map(create));
      await Promise.all(ids.map((id) => converged(id)));
      return ids;
    },
    inspect,
    list: () => api.call<EngineService[]>('GET', '/services'),
    versionOf: async (idOrName) => (await inspect(idOrName)).Version.Index,
    tasks,
    runningDigests,
    converged,
    remove,
    removeAll: async () => {
      const all = await api.call<EngineService[]>('GET', '/services');
      await remove(...all.map(({ ID }) => ID));
      await waitUntil(
        async () =>
          (await api.call<unknown[]>('GET', '/containers/json')).length === 0 ? true : null,
        { what: 'all containers are gone', withinMs: REMOVED_WITHIN_MS },
      );
    },
  };
};
