import type { z } from 'zod';
import { ClusterError } from '../../../core/swarm/cluster.ts';
import {
  createImageParser,
  type parseImageReference,
} from '../../../core/image/image-reference.ts';
import type { Node, Service, Task } from '../../../core/swarm/service.ts';
import {
  type EngineInfo,
  engineInfo,
  engineNode,
  engineService,
  engineTask,
} from './engine-answers.ts';
import type { EngineCaller } from './engine-connection.ts';
import type { EngineAnswer } from './engine-call.ts';
import { toService } from './engine-service.ts';
import { toNode, toTask } from './engine-task.ts';
import type { RawSpec } from './engine-update.ts';
import { parseExactJson } from './exact-json.ts';
import { keepLast } from '../wire/keep-last.ts';

/** A parsed service, and its spec exactly as received. */
export type ReadService = {
  readonly service: Service;
  readonly spec: RawSpec;
  /** The API version that it was read with, if that is the newest of the engine; otherwise null. */
  readonly apiVersion: string | null;
};

/** A service's present spec and the one before its last change, exactly as received. */
export type ReadSpecs = { readonly now: RawSpec | null; readonly before: RawSpec | null };

/** The read requests to an engine. Each throws `ClusterError` or the signal's reason. */
export type EngineReads = {
  /** With an image's name: at least the services of that image, without fields that cost the engine more. */
  readonly services: (signal: AbortSignal, imageName?: string) => Promise<readonly ReadService[]>;
  /** All services, with their replicas. */
  readonly countedServices: (signal: AbortSignal) => Promise<readonly ReadService[]>;
  /** Null if there is no such service, or it runs no containers. */
  readonly service: (id: string, signal: AbortSignal) => Promise<ReadService | null>;
  /** Null if there is no such service. */
  readonly specs: (id: string, signal: AbortSignal) => Promise<ReadSpecs | null>;
  /** `at` is the engine's time in ms since the epoch, to the second; null if it gave none. */
  readonly tasks: (
    serviceId: string,
    signal: AbortSignal,
  ) => Promise<{ readonly tasks: readonly Task[]; readonly at: number | null }>;
  /** Tasks of some services or of all, including ended ones. */
  readonly keptTasks: (
    serviceIds: readonly string[] | null,
    signal: AbortSignal,
  ) => Promise<{ readonly tasks: readonly Task[]; readonly at: number | null }>;
  readonly runningTasks: (
    serviceIds: readonly string[] | null,
    signal: AbortSignal,
  ) => Promise<readonly Task[]>;
  readonly nodes: (signal: AbortSignal) => Promise<readonly Node[]>;
  readonly info: (signal: AbortSignal) => Promise<EngineInfo>;
  /** Sends each of the other requests, in a form that returns little. */
  readonly probe: (signal: AbortSignal) => Promise<void>;
};

/** 10,000 services with large specs take some 50 MB. */
const LARGEST_ANSWER = 256 * 1024 * 1024;
/**
 * For more services than this, all tasks are requested instead of naming the services in the URL: proxies limit its
 * length.
 */
const MOST_NAMED = 50;

/** Real ids are longer. It contains nothing that a proxy's rule for ids would block. */
const NO_ID = 'none';

/** The shape of a spec that has not been checked yet. */
type LooselySpec =
  | { readonly TaskTemplate?: { readonly ContainerSpec?: { readonly Image?: unknown } | null } }
  | null
  | undefined;

const imageOf = (spec: LooselySpec): unknown => spec?.TaskTemplate?.ContainerSpec?.Image;

/**
 * Whether the service may run this image, by a look at the text. It saves checking most services of a large Swarm. A
 * spec may leave out the beginning of a name, but never its end.
 */
const mayBeOf = (raw: unknown, imageName: string): boolean => {
  const text = imageOf((raw as { readonly Spec?: LooselySpec } | null)?.Spec);
  return typeof text !== 'string' || text.includes(imageName.slice(imageName.lastIndexOf('/') + 1));
};

/** A spec that runs containers; null for any other or none. */
const asContainerSpec = (spec: RawSpec | null | undefined): RawSpec | null =>
  typeof imageOf(spec) === 'string' ? (spec ?? null) : null;

/** The engine's time when it answered: Go's HTTP server dates each answer. */
const dateOf = ({ headers }: EngineAnswer): number | null => {
  const at = Date.parse(headers.date ?? '');
  return Number.isNaN(at) ? null : at;
};

export const createEngineReads = (
  cluster: string,
  call: EngineCaller,
  deadlineMs: number,
): EngineReads => {
  const malformed = (path: string, why: string, cause?: unknown): ClusterError => {
    const detail = `the answer to GET ${path} is not from a Docker Engine (${why}): does a proxy in between change answers?`;
    return new ClusterError(cluster, 'malformed-answer', detail, { retryable: true, cause });
  };

  const get = (
    path: string,
    query: Readonly<Record<string, string>>,
    signal: AbortSignal,
    mayBeMissing = false,
  ): Promise<EngineAnswer> =>
    call(
      {
        method: 'GET',
        path,
        query,
        deadlineMs,
        maxBytes: LARGEST_ANSWER,
        expects: (status) => mayBeMissing && status === 404,
      },
      signal,
    );

  const jsonOf = (path: string, body: Buffer): unknown => {
    try {
      return parseExactJson(body.toString('utf8'));
    } catch (error) {
      throw malformed(path, 'no JSON', error);
    }
  };

  const listOf = (path: string, body: Buffer): readonly unknown[] => {
    const values = jsonOf(path, body);
    if (!Array.isArray(values)) throw malformed(path, 'no list');
    return values;
  };

  const check = <T>(path: string, schema: z.ZodType<T>, value: unknown): T => {
    const result = schema.safeParse(value);
    if (result.success) return result.data;
    const issue = result.error.issues[0];
    throw malformed(
      path,
      `${issue?.path.join('.') || 'all of it'}: ${issue?.message ?? 'invalid'}`,
    );
  };

  const toRead = (
    path: string,
    raw: unknown,
    apiVersion: string | null,
    parse?: typeof parseImageReference,
  ): ReadService | null => {
    const checked = check(path, engineService, raw);
    // The check above ensures this shape.
    const { Spec: spec } = raw as { readonly Spec: RawSpec };
    const service = toService(checked, spec, parse);
    return service === null ? null : { service, spec, apiVersion };
  };

  const readServices = (body: Buffer): readonly ReadService[] => {
    const parse = createImageParser();
    return listOf('/services', body).flatMap(
      // For a cached body, the version that it was read with is not known for certain.
      (raw) => toRead('/services', raw, null, parse) ?? [],
    );
  };
  const readTasks = (body: Buffer): readonly Task[] =>
    listOf('/tasks', body).map((task) => toTask(check('/tasks', engineTask, task)));
  const allServices = keepLast(readServices);
  const allCounted = keepLast(readServices);
  const allTasks = keepLast(readTasks);

  /** The engine answers 404 if a filter names a removed service. */
  const askTasks = (
    filters: Readonly<Record<string, readonly string[]>>,
    signal: AbortSignal,
  ): Promise<EngineAnswer> => get('/tasks', { filters: JSON.stringify(filters) }, signal, true);

  const tasksWith = async (
    filters: Readonly<Record<string, readonly string[]>>,
    read: (body: Buffer) => readonly Task[],
    signal: AbortSignal,
  ): Promise<readonly Task[] | null> => {
    const answer = await askTasks(filters, signal);
    return answer.status === 404 ? null : read(answer.body);
  };

  return {
    async services(signal, imageName) {
      const { body } = await get('/services', {}, signal);
      if (imageName === undefined) return allServices(body);
      const some = listOf('/services', body).filter((raw) => mayBeOf(raw, imageName));
      return some.flatMap((raw) => toRead('/services', raw, null) ?? []);
    },
    async countedServices(signal) {
      return allCounted((await get('/services', { status: 'true' }, signal)).body);
    },
    async service(id, signal) {
      const path = `/services/${encodeURIComponent(id)}`;
      const answer = await get(path, {}, signal, true);
      if (answer.status === 404) return null;
      return toRead(path, jsonOf(path, answer.body), answer.version);
    },
    async specs(id, signal) {
      const path = `/services/${encodeURIComponent(id)}`;
      const answer = await get(path, {}, signal, true);
      if (answer.status === 404) return null;
      const raw = jsonOf(path, answer.body);
      check(path, engineService, raw);
      // The check above ensures the one, and both have the same shape.
      const { Spec, PreviousSpec } = raw as {
        readonly Spec: RawSpec;
        readonly PreviousSpec?: RawSpec | null;
      };
      return { now: asContainerSpec(Spec), before: asContainerSpec(PreviousSpec) };
    },
    async tasks(serviceId, signal) {
      const answer = await askTasks({ service: [serviceId] }, signal);
      const tasks = answer.status === 404 ? [] : readTasks(answer.body);
      return { tasks, at: dateOf(answer) };
    },
    async keptTasks(serviceIds, signal) {
      if (serviceIds !== null && serviceIds.length === 0) return { tasks: [], at: null };
      if (serviceIds !== null && serviceIds.length <= MOST_NAMED) {
        const named = await askTasks({ service: serviceIds }, signal);
        if (named.status !== 404) return { tasks: readTasks(named.body), at: dateOf(named) };
      }
      const all = await askTasks({}, signal);
      const wanted = new Set(serviceIds);
      const tasks = readTasks(all.body);
      return {
        tasks: serviceIds === null ? tasks : tasks.filter((task) => wanted.has(task.serviceId)),
        at: dateOf(all),
      };
    },
    async runningTasks(serviceIds, signal) {
      const running = { 'desired-state': ['running'] };
      if (serviceIds !== null && serviceIds.length === 0) return [];
      if (serviceIds !== null && serviceIds.length <= MOST_NAMED) {
        const named = await tasksWith({ ...running, service: serviceIds }, readTasks, signal);
        if (named !== null) return named;
      }
      const all = (await tasksWith(running, allTasks, signal)) ?? [];
      const wanted = new Set(serviceIds);
      return serviceIds === null ? all : all.filter((task) => wanted.has(task.serviceId));
    },
    async nodes(signal) {
      const nodes = listOf('/nodes', (await get('/nodes', {}, signal)).body);
      return nodes.map((node) => toNode(check('/nodes', engineNode, node)));
    },
    async info(signal) {
      return check('/info', engineInfo, jsonOf('/info', (await get('/info', {}, signal)).body));
    },
    async probe(signal) {
      const query = { filters: JSON.stringify({ id: [NO_ID] }) };
      const list = async (path: string): Promise<void> => {
        listOf(path, (await get(path, query, signal)).body);
      };
      // In parallel, because an engine may be slow, and that is no reason to fail.
      const asked = await Promise.allSettled([
        list('/services'),
        list('/tasks'),
        list('/nodes'),
        get(`/services/${NO_ID}`, {}, signal, true),
      ]);
      // If several are refused, always report the same one.
      const refused = asked.find((one) => one.status === 'rejected');
      if (refused !== undefined) throw refused.reason;
    },
  };
};
