import type { z } from 'zod';
import {
  type Cluster,
  ClusterError,
  type ClusterIdentity,
  type ImageUpdate,
  type UpdateAnswer,
} from '../../core/cluster.ts';
import type { Service } from '../../core/service.ts';
import { swarmpitService, swarmpitVersion } from './swarmpit-answers.ts';
import { createSwarmpitConnection, type SwarmpitCall } from './swarmpit-connection.ts';
import { readRedeployAnswer, swarmpitProblem } from './swarmpit-problem.ts';
import { toSwarmpitService } from './swarmpit-service.ts';

/** Deadlines in ms, each for a whole call. */
export type SwarmpitTimeouts = {
  readonly connectMs: number;
  readonly readMs: number;
  readonly redeployMs: number;
};

export type SwarmpitClusterOptions = {
  readonly name: string;
  /** Swarmpit's own address, with or without `/api`, below a path or not. */
  readonly url: string;
  /** With or without the prefix `Bearer`. */
  readonly token: { readonly reveal: () => string };
  readonly timeouts?: Partial<SwarmpitTimeouts>;
};

/** Swarmpit itself gives Docker 10 s and a registry up to 15 s, one after the other. */
const TIMEOUTS: SwarmpitTimeouts = { connectMs: 5_000, readMs: 30_000, redeployMs: 60_000 };

/**
 * A Swarm through Swarmpit's API. It lists, redeploys and goes back to the previous spec; which digest it
 * deploys it finds by itself, and it restarts the tasks with every redeploy. Throws `ClusterAddressError` for an `url` that cannot
 * be one; connects to nothing before it is asked something.
 */
export const createSwarmpitCluster = (options: SwarmpitClusterOptions): Cluster => {
  const { name } = options;
  const timeouts = { ...TIMEOUTS, ...options.timeouts };
  const connection = createSwarmpitConnection({
    cluster: name,
    url: options.url,
    token: options.token,
    connectMs: timeouts.connectMs,
  });
  /** Whether one service can be asked for; where it cannot, it is looked for among all. */
  let tellsOne = true;

  const malformed = (call: SwarmpitCall, why: string): ClusterError => {
    const { address, call: shown } = connection.asked(call);
    const detail = `the answer of ${address} to ${shown} is not Swarmpit's (${why}): correct the cluster's url, or look what stands before it`;
    return new ClusterError(name, 'malformed-answer', detail, { retryable: true });
  };

  const check = <T>(call: SwarmpitCall, schema: z.ZodType<T>, value: unknown): T => {
    const result = schema.safeParse(value);
    if (result.success) return result.data;
    const issue = result.error.issues[0];
    throw malformed(
      call,
      `${issue?.path.join('.') || 'all of it'}: ${issue?.message ?? 'invalid'}`,
    );
  };

  const jsonOf = (call: SwarmpitCall, body: Buffer): unknown => {
    try {
      return JSON.parse(body.toString('utf8'));
    } catch {
      throw malformed(call, 'no JSON');
    }
  };

  const get = (path: string): SwarmpitCall => ({
    method: 'GET',
    path,
    deadlineMs: timeouts.readMs,
  });

  const read = async (call: SwarmpitCall, signal: AbortSignal): Promise<unknown> => {
    const reply = await connection.call(call, signal);
    if (!reply.ok) throw swarmpitProblem(reply.refusal, connection.asked(call));
    return jsonOf(call, reply.body);
  };

  const serviceOf = (call: SwarmpitCall, raw: unknown): Service =>
    // Checked to be an object before it is taken for one.
    toSwarmpitService(check(call, swarmpitService, raw), raw as Readonly<Record<string, unknown>>);

  const listServices = async (signal: AbortSignal): Promise<readonly Service[]> => {
    const call = get('/api/services');
    const values = await read(call, signal);
    if (!Array.isArray(values)) throw malformed(call, 'no list');
    return values.map((raw) => serviceOf(call, raw));
  };

  const findService = async (id: string, signal: AbortSignal): Promise<Service | null> => {
    if (tellsOne) {
      const call = get(`/api/services/${encodeURIComponent(id)}`);
      const reply = await connection.call(call, signal);
      if (reply.ok) return serviceOf(call, jsonOf(call, reply.body));
      if (reply.refusal.status !== 404 && reply.refusal.status !== 405) {
        throw swarmpitProblem(reply.refusal, connection.asked(call));
      }
    }
    // Either can also mean that this Swarmpit knows no such route, so that the list decides.
    const found = (await listServices(signal)).find((service) => service.id === id) ?? null;
    if (found !== null) tellsOne = false;
    return found;
  };

  const updateImage = async (
    { service }: ImageUpdate,
    signal: AbortSignal,
  ): Promise<UpdateAnswer> => {
    if (!service.image.ok || service.image.image.tag === null) {
      const why = service.image.ok ? 'Swarmpit would deploy the tag latest' : service.image.problem;
      const detail = `service ${service.name} cannot be redeployed: ${why}`;
      throw new ClusterError(name, 'refused', detail, { retryable: false });
    }
    return change(service, 'redeploy', signal);
  };

  const restorePrevious = (service: Service, signal: AbortSignal): Promise<UpdateAnswer> =>
    change(service, 'rollback', signal);

  const change = async (
    service: Service,
    what: 'redeploy' | 'rollback',
    signal: AbortSignal,
  ): Promise<UpdateAnswer> => {
    // Swarmpit uses the version that it reads itself, so that nothing else guards against a change.
    const present = await findService(service.id, signal);
    if (present === null) {
      const detail = `service ${service.name} is no more`;
      throw new ClusterError(name, 'not-found', detail, { retryable: false });
    }
    if (present.version !== service.version) return { kind: 'out-of-sequence' };
    const call: SwarmpitCall = {
      method: 'POST',
      path: `/api/services/${encodeURIComponent(service.id)}/${what}`,
      deadlineMs: timeouts.redeployMs,
    };
    const reply = await connection.call(call, signal);
    if (reply.ok) return { kind: 'accepted', warnings: [], changes: null };
    const meant = readRedeployAnswer(reply.refusal, service.imageText);
    if (meant !== null) return meant;
    throw swarmpitProblem(reply.refusal, connection.asked(call));
  };

  const identify = async (signal: AbortSignal): Promise<ClusterIdentity> => {
    const call = get('/version');
    const told = check(call, swarmpitVersion, await read(call, signal));
    if (told.name.toLowerCase() !== 'swarmpit')
      throw malformed(call, `it names itself ${told.name}`);
    if (told.initialized === false) {
      const detail = `Swarmpit at ${connection.asked(call).address} is not set up: make its first user there`;
      throw new ClusterError(name, 'refused', detail, { retryable: true });
    }
    const engine = told.docker?.engine ? `, Docker Engine ${told.docker.engine}` : '';
    return { swarmId: null, description: `Swarmpit ${told.version}${engine}` };
  };

  /** Its version it tells anybody; for a service it wants a sign-in, and asks its engine. */
  const probe = async (signal: AbortSignal): Promise<void> => {
    const call = get('/api/services/none');
    const reply = await connection.call(call, signal);
    if (reply.ok || reply.refusal.status === 404 || reply.refusal.status === 405) return;
    throw swarmpitProblem(reply.refusal, connection.asked(call));
  };

  return {
    name,
    type: 'swarmpit',
    capabilities: {
      setsDigest: false,
      goesBackTo: 'previous-spec',
      tellsTasks: false,
      givesLogs: false,
    },
    identify,
    probe,
    listServices,
    listRunningTasks: () => Promise.resolve(null),
    listNodes: () => Promise.resolve(null),
    async observe(serviceId, signal) {
      const service = await findService(serviceId, signal);
      return service === null ? null : { service, tasks: null, nodes: null, at: null };
    },
    updateImage,
    restorePrevious,
    readTaskLog: () => Promise.resolve([]),
    close: connection.close,
  };
};
