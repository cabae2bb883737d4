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

/** A service as it is used, and its spec exactly as it came. */
export type ReadService = {
  readonly service: Service;
  readonly spec: RawSpec;
  /** The API version that it was read under, if that is the newest of the engine that told it; else null. */
  readonly apiVersion: string | null;
};

/** What a service is, and what it was before its last change, exactly as they came. */
export type ReadSpecs = { readonly now: RawSpec | null; readonly before: RawSpec | null };

/** The questions that are asked of an engine; each throws `ClusterError` or the signal's own reason. */
export type EngineReads = {
  /** With an image's name, at least those of that image, without what costs the engine more. */
  readonly services: (signal: AbortSignal, imageName?: string) => Promise<readonly ReadService[]>;
  /** All, with their replicas. */
  readonly countedServices: (signal: AbortSignal) => Promise<readonly ReadService[]>;
  /** Null where there is none, or none that runs containers. */
  readonly service: (id: string, signal: AbortSignal) => Promise<ReadService | null>;
  /** Null where there is none. */
  readonly specs: (id: string, signal: AbortSignal) => Promise<ReadSpecs | null>;
  /** With the time by the engine's own clock, ms since the epoch to the second, or null. */
  readonly tasks: (
    serviceId: string,
    signal: AbortSignal,
  ) => Promise<{ readonly tasks: readonly Task[]; readonly at: number | null }>;
  /** Those of some services or of all, ended ones included. */
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
  /** Asks each of the others for nothing. */
  readonly probe: (signal: AbortSignal) => Promise<void>;
};

/** 10,000 services with large specs are some 50 MB. */
const LARGEST_ANSWER = 256 * 1024 * 1024;
/** More services than this are not named in an address, which proxies bound: all tasks are asked for. */
const MOST_NAMED = 50;

/** Ids are longer. It has nothing that a proxy's rule for ids would not let through. */
const NO_ID = 'none';

/** What a spec looks like where it is one; it is checked afterwards. */
type LooselySpec =
  | { readonly TaskTemplate?: { readonly ContainerSpec?: { readonly Image?: unknown } | null } }
  | null
  | undefined;

const imageOf = (spec: LooselySpec): unknown => spec?.TaskTemplate?.ContainerSpec?.Image;

/**
 * Whether the service can be of this image, told by a glance at its text, which spares most services
 * of a large Swarm the checking. A spec may leave out the beginning of a name, but never its end.
 */
const mayBeOf = (raw: unknown, imageName: string): boolean => {
  const text = imageOf((raw as { readonly Spec?: LooselySpec } | null)?.Spec);
  return typeof text !== 'string' || text.includes(imageName.slice(imageName.lastIndexOf('/') + 1));
};

/** A spec that runs containers, or null for none and for others. */
const asContainerSpec = (spec: RawSpec | null | undefined): RawSpec | null =>
  typeof imageOf(spec) === 'string' ? (spec ?? null) : null;

/** What the engine's clock said when it answered: each answer of Go's server is dated. */
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
    const detail = `the answer to GET ${path} is not what a Docker Engine gives (${why}): is there a proxy between that changes answers?`;
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
    // Checked just now to be what it is taken for.
    const { Spec: spec } = raw as { readonly Spec: RawSpec };
    const service = toService(checked, spec, parse);
    return service === null ? null : { service, spec, apiVersion };
  };

  const readServices = (body: Buffer): readonly ReadService[] => {
    const parse = createImageParser();
    return listOf('/services', body).flatMap(
      // Which version a body that is kept was read under is not known for certain.
      (raw) => toRead('/services', raw, null, parse) ?? [],
    );
  };
  const readTasks = (body: Buffer): readonly Task[] =>
    listOf('/tasks', body).map((task) => toTask(check('/tasks', engineTask, task)));
  const allServices = keepLast(readServices);
  const allCounted = keepLast(readServices);
  const allTasks = keepLast(readTasks);

  /** The engine answers 404 where a filter names a service that was removed. */
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
      // Checked just now to have the one, and both are of one kind.
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
      // At once, because an engine may be slow, and a slow one works as well as any.
      const asked = await Promise.allSettled([
        list('/services'),
        list('/tasks'),
        list('/nodes'),
        get(`/services/${NO_ID}`, {}, signal, true),
      ]);
      // Of several that are refused it is always the same one that is told.
      const refused = asked.find((one) => one.status === 'rejected');
      if (refused !== undefined) throw refused.reason;
    },
  };
};
