import { z } from 'zod';
import type { ClusterError } from '../../../core/swarm/cluster.ts';
import type { Node, Service, Task } from '../../../core/swarm/service.ts';
import { cleanLine } from '../wire/engine-logs.ts';
import { createAnswerReader } from './answer-reader.ts';
import { swarmpitLog, swarmpitNode, swarmpitService, swarmpitTask } from './answers.ts';
import type { SwarmpitCall, SwarmpitConnection } from './connection.ts';
import { type SwarmpitRefusal, swarmpitProblem } from './problem.ts';
import { toSwarmpitService } from './service.ts';
import { toNode, toTask } from './task.ts';

export type ToldTasks = {
  readonly tasks: readonly Task[];
  /** Swarmpit's time when it answered, in ms since the epoch; null if it gave none. */
  readonly at: number | null;
};

export type SwarmpitReads = {
  readonly services: (signal: AbortSignal) => Promise<readonly Service[]>;
  /** Null if there is no such service. */
  readonly service: (id: string, signal: AbortSignal) => Promise<Service | null>;
  /** Including ended ones. Null if this Swarmpit has no such route. */
  readonly tasks: (serviceId: string, signal: AbortSignal) => Promise<ToldTasks | null>;
  readonly allTasks: (signal: AbortSignal) => Promise<ToldTasks | null>;
  readonly nodes: (signal: AbortSignal) => Promise<readonly Node[] | null>;
  /** Recent log lines of one task, oldest first. */
  readonly log: (
    of: { readonly serviceId: string; readonly taskId: string },
    signal: AbortSignal,
  ) => Promise<readonly string[]>;
  /** Whether it has the routes for tasks, nodes and logs, as far as known. */
  readonly tellsTasks: () => boolean;
  /** Requests one service, its tasks and the nodes. Throws if one of them is refused. */
  readonly probe: (signal: AbortSignal) => Promise<void>;
};

const anyObject = z.record(z.string(), z.unknown());
const anyObjects = z.array(anyObject);
const nodeList = z.array(swarmpitNode);
const taskList = z.array(swarmpitTask);

/** One of the periods that Swarmpit supports. It ignores any other. */
const LOG_SINCE = '15m';
const LARGEST_LOG = 32 * 1024 * 1024;
/** Real ids are longer. */
const NO_ID = 'none';

/** Swarmpit's router answers this for an unknown path, and a proxy for a path that it blocks. */
const isNoRoute = ({ status, isJson }: SwarmpitRefusal): boolean =>
  !isJson && (status === 404 || status === 405);

export const createSwarmpitReads = (
  cluster: string,
  connection: SwarmpitConnection,
  deadlineMs: number,
): SwarmpitReads => {
  const answers = createAnswerReader(cluster, connection);
  /** Whether a single service can be requested. If not, it is searched for in the list of all. */
  let tellsOne = true;
  let tellsTasks = true;
  /** A task names its service. The ids come with the services. */
  const idsByName = new Map<string, string>();

  const get = (path: string, maxBytes?: number): SwarmpitCall => ({
    method: 'GET',
    path,
    deadlineMs,
    ...(maxBytes === undefined ? {} : { maxBytes }),
  });
  const refuse = (call: SwarmpitCall, refusal: SwarmpitRefusal): ClusterError =>
    swarmpitProblem(refusal, connection.asked(call));

  const listServices = async (signal: AbortSignal): Promise<readonly Service[]> => {
    const call = get('/api/services');
    const reply = await connection.call(call, signal);
    if (!reply.ok) throw refuse(call, reply.refusal);
    const found = answers
      .json(call, anyObjects, reply.body)
      .map((raw) => toSwarmpitService(answers.check(call, swarmpitService, raw), raw));
    idsByName.clear();
    for (const { id, name } of found) idsByName.set(name, id);
    return found;
  };

  const findService = async (id: string, signal: AbortSignal): Promise<Service | null> => {
    if (tellsOne) {
      const call = get(`/api/services/${encodeURIComponent(id)}`);
      const reply = await connection.call(call, signal);
      if (reply.ok) {
        const raw = answers.json(call, anyObject, reply.body);
        return toSwarmpitService(answers.check(call, swarmpitService, raw), raw);
      }
      const { status } = reply.refusal;
      if (status !== 404 && status !== 405) throw refuse(call, reply.refusal);
    }
    // Either answer can also mean that this Swarmpit has no such route, so the list decides.
    const found = (await listServices(signal)).find((service) => service.id === id) ?? null;
    if (found !== null) tellsOne = false;
    return found;
  };

  /** The answer of a route that Swarmpit may not have; null if it does not have it. */
  const ifTold = async <T>(
    call: SwarmpitCall,
    schema: z.ZodType<T>,
    signal: AbortSignal,
  ): Promise<{ readonly value: T; readonly at: number | null } | 'gone' | null> => {
    if (!tellsTasks) return null;
    const reply = await connection.call(call, signal);
    if (reply.ok) {
      return { value: answers.json(call, schema, reply.body), at: reply.at };
    }
    if (isNoRoute(reply.refusal)) {
      tellsTasks = false;
      return null;
    }
    if (reply.refusal.status === 404) return 'gone';
    throw refuse(call, reply.refusal);
  };

  const pathOf = (id: string, what: string): string =>
    `/api/services/${encodeURIComponent(id)}/${what}`;

  return {
    services: listServices,
    service: findService,
    tellsTasks: () => tellsTasks,
    async tasks(serviceId, signal) {
      const told = await ifTold(get(pathOf(serviceId, 'tasks')), taskList, signal);
      if (told === null) return null;
      if (told === 'gone') return { tasks: [], at: null };
      return { tasks: told.value.map((task) => toTask(task, serviceId)), at: told.at };
    },
    async allTasks(signal) {
      const told = await ifTold(get('/api/tasks'), taskList, signal);
      if (told === null || told === 'gone') return null;
      const isKnown = told.value.every(({ serviceName }) => idsByName.has(serviceName ?? ''));
      if (!isKnown) await listServices(signal);
      // If the service no longer exists, the task has its id as the name.
      const tasks = told.value.map((task) =>
        toTask(task, idsByName.get(task.serviceName ?? '') ?? task.serviceName ?? ''),
      );
      return { tasks, at: told.at };
    },
    async nodes(signal) {
      const told = await ifTold(get('/api/nodes'), nodeList, signal);
      return told === null || told === 'gone' ? null : told.value.map(toNode);
    },
    async log({ serviceId, taskId }, signal) {
      const path = `${pathOf(serviceId, 'logs')}?since=${LOG_SINCE}`;
      const told = await ifTold(get(path, LARGEST_LOG), swarmpitLog, signal);
      if (told === null || told === 'gone') return [];
      return told.value.flatMap(({ line, task }) =>
        task === taskId ? [cleanLine(line ?? '')] : [],
      );
    },
    async probe(signal) {
      const one = get(`/api/services/${NO_ID}`);
      const reply = await connection.call(one, signal);
      const { status } = reply.ok ? { status: 200 } : reply.refusal;
      if (!reply.ok && status !== 404 && status !== 405) throw refuse(one, reply.refusal);
      // Swarmpit may have been replaced by another version, with more or fewer routes.
      tellsTasks = true;
      await ifTold(get(pathOf(NO_ID, 'tasks')), taskList, signal);
      await ifTold(get('/api/nodes'), nodeList, signal);
    },
  };
};
