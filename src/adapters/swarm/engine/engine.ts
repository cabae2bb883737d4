import {
  type Cluster,
  ClusterError,
  type ImageUpdate,
  type UpdateAnswer,
} from '../../../core/swarm/cluster.ts';
import type { Observation, Service } from '../../../core/swarm/service.ts';
import { specChanges } from '../../../core/swarm/spec-changes.ts';
import type { ClusterTls } from '../wire/cluster-address.ts';
import { updateAnswer } from './engine-answers.ts';
import { createEngineConnection, type EngineLine } from './engine-connection.ts';
import type { EngineAnswer } from './engine-call.ts';
import { engineIdentity } from './engine-identity.ts';
import { taskLines } from '../wire/engine-logs.ts';
import { isOutOfSequence } from './engine-problem.ts';
import { createEngineReads, type ReadService } from './engine-reads.ts';
import { type RawSpec, specWithImage } from './engine-update.ts';
import { lostBetween, lostFields, type PostedUpdate } from './engine-update-check.ts';

/** Deadlines in ms, each for a whole call. */
export type EngineTimeouts = {
  readonly connectMs: number;
  readonly readMs: number;
  readonly updateMs: number;
  readonly logMs: number;
};

export type EngineClusterOptions = {
  readonly name: string;
  /** `unix:///var/run/docker.sock`, `tcp://host:port`, `http://…` or `https://…`. */
  readonly url: string;
  readonly tls?: ClusterTls;
  readonly timeouts?: Partial<EngineTimeouts>;
};

const TIMEOUTS: EngineTimeouts = {
  connectMs: 5_000,
  readMs: 30_000,
  updateMs: 30_000,
  logMs: 5_000,
};
const LARGEST_UPDATE_ANSWER = 1024 * 1024;
const LARGEST_LOG = 1024 * 1024;
/** The engine has just answered. A deployment waits only briefly for the result to compare. */
const READ_BACK_MS = 5_000;

/** The form in which a service was read. */
type KnownSpec = Pick<ReadService, 'spec' | 'apiVersion'>;

/**
 * A Swarm, through the API of one of its managers' engines. Throws `ClusterAddressError` for an invalid `url`. Makes
 * no connection before the first request.
 */
export const createEngineCluster = (options: EngineClusterOptions): Cluster => {
  const { name } = options;
  const timeouts = { ...TIMEOUTS, ...options.timeouts };
  const connection = createEngineConnection({
    cluster: name,
    url: options.url,
    tls: options.tls ?? {},
    connectMs: timeouts.connectMs,
  });
  const reads = createEngineReads(name, connection.call, timeouts.readMs);
  /** How each service was read: an update posts the whole spec. */
  const known = new WeakMap<Service, KnownSpec>();

  const keep = (service: Service, { spec, apiVersion }: KnownSpec): Service => {
    known.set(service, { spec, apiVersion });
    return service;
  };

  /** Services by list. A list that has not changed keeps its specs only once. */
  const listed = new WeakMap<readonly ReadService[], readonly Service[]>();

  const keepAll = (read: readonly ReadService[]): readonly Service[] => {
    const before = listed.get(read);
    if (before !== undefined) return before;
    const services = read.map((one) => keep(one.service, one));
    listed.set(read, services);
    return services;
  };

  const observe = async (id: string, signal: AbortSignal): Promise<Observation | null> => {
    const [found, { tasks, at }] = await Promise.all([
      reads.service(id, signal),
      reads.tasks(id, signal),
    ]);
    if (found === null) return null;
    const wanted = tasks.filter((task) => task.desired === 'running');
    const running = wanted.filter((task) => task.state === 'running').length;
    // An inspected service has no replica counts, so its tasks are counted.
    const replicas = { running, desired: found.service.specReplicas ?? wanted.length };
    const service = keep(withReplicas(found.service, replicas), found);
    const isGlobal = service.mode === 'global' || service.mode === 'global-job';
    // An ended task may have ended together with its node.
    const hasEnded = tasks.some(({ state }) => state === 'failed' || state === 'complete');
    const nodesMatter = isGlobal || hasEnded || running < Math.max(wanted.length, replicas.desired);
    return { service, tasks, nodes: nodesMatter ? await reads.nodes(signal) : null, at };
  };

  /**
   * The spec of exactly the version that the update was decided on, read from the peer with its own API version; null
   * if that version is gone.
   */
  const specOf = async (
    service: Service,
    line: EngineLine,
    signal: AbortSignal,
  ): Promise<RawSpec | null> => {
    const read = known.get(service);
    if (read !== undefined && read.apiVersion === line.version) return read.spec;
    const found = await createEngineReads(name, line.call, timeouts.readMs).service(
      service.id,
      signal,
    );
    if (found === null) {
      const detail = `service ${service.name} no longer exists`;
      throw new ClusterError(name, 'not-found', detail, { retryable: false });
    }
    return found.service.version === service.version ? found.spec : null;
  };

  /** The fields that the engine changed by mistake. If the comparison fails, the accepted update still stands. */
  const readBack = async (
    { id }: Service,
    update: PostedUpdate,
    line: EngineLine,
    signal: AbortSignal,
  ): Promise<{ readonly lost?: readonly string[] }> => {
    try {
      const read = await createEngineReads(name, line.call, READ_BACK_MS).specs(id, signal);
      const lost = read === null ? null : lostFields(read, update);
      return lost === null ? {} : { lost };
    } catch (error) {
      if (error instanceof ClusterError || signal.aborted) return {};
      throw error;
    }
  };

  const updateImage = (update: ImageUpdate, signal: AbortSignal): Promise<UpdateAnswer> =>
    connection.onOneLine(async (line) => {
      const { service, tag, digest, platforms, restart } = update;
      if (!service.image.ok || digest === null) {
        const why = service.image.ok ? 'an engine needs the digest' : service.image.problem;
        const detail = `service ${service.name} cannot be updated: ${why}`;
        throw new ClusterError(name, 'refused', detail, { retryable: false });
      }
      const spec = await specOf(service, line, signal);
      if (spec === null) return { kind: 'out-of-sequence' };
      const { image: present } = service.image;
      const image = { ...present, tag: tag ?? present.tag };
      const change = { image, digest, platforms, restart };
      const next = specWithImage(spec, change);
      const answer = await line.call(
        {
          method: 'POST',
          path: `/services/${encodeURIComponent(service.id)}/update`,
          query: { version: String(service.version), registryAuthFrom: 'spec' },
          headers: update.registryAuth === null ? {} : { 'x-registry-auth': update.registryAuth },
          body: JSON.stringify(next),
          deadlineMs: timeouts.updateMs,
          maxBytes: LARGEST_UPDATE_ANSWER,
          expects: isOutOfSequence,
        },
        signal,
      );
      if (isOutOfSequence(answer.status, answer.message)) return { kind: 'out-of-sequence' };
      return {
        kind: 'accepted',
        warnings: warningsOf(answer),
        changes: specChanges(spec, next),
        ...(await readBack(service, { posted: next, change }, line, signal)),
      };
    }, signal);

  const findLost: Cluster['findLost'] = async (serviceId, digest, signal) => {
    const read = await reads.specs(serviceId, signal);
    return read === null ? null : lostBetween(read, digest);
  };

  const readTaskLog: Cluster['readTaskLog'] = async (serviceId, taskId, lines, signal) => {
    const answer = await connection.call(
      {
        method: 'GET',
        path: `/services/${encodeURIComponent(serviceId)}/logs`,
        query: { stdout: '1', stderr: '1', details: '1', tail: String(lines) },
        deadlineMs: timeouts.logMs,
        maxBytes: LARGEST_LOG,
        // A node that is down keeps the stream open forever. Use what the other nodes sent.
        keepPartial: true,
        expects: (status) => status === 404,
      },
      signal,
    );
    return answer.status === 404 ? [] : taskLines(answer.body, taskId, lines);
  };

  return {
    name,
    type: 'engine',
    capabilities: {
      setsDigest: true,
      goesBackTo: 'any-digest',
      deploysOci: true,
      tellsTasks: true,
      tellsContainers: true,
      givesLogs: true,
    },
    identify: async (signal) =>
      engineIdentity(name, options.url, await connection.version(signal), await reads.info(signal)),
    probe: reads.probe,
    listServices: async (signal, imageName) => keepAll(await reads.services(signal, imageName)),
    listRunningTasks: reads.runningTasks,
    countServices: async (signal) => keepAll(await reads.countedServices(signal)),
    listTasks: reads.keptTasks,
    listNodes: reads.nodes,
    observe,
    updateImage,
    findLost,
    readTaskLog,
    close: connection.close,
  };
};

/** The same service with its replicas. Lazy properties stay lazy. */
const withReplicas = (service: Service, replicas: Service['replicas']): Service =>
  Object.defineProperties(
    {},
    {
      ...Object.getOwnPropertyDescriptors(service),
      replicas: { value: replicas, enumerable: true },
    },
  ) as Service;

/** An accepted update stands, whatever its answer looks like. */
const warningsOf = (answer: EngineAnswer): readonly string[] => {
  try {
    return updateAnswer.parse(JSON.parse(answer.body.toString('utf8'))).Warnings ?? [];
  } catch {
    return [];
  }
};
