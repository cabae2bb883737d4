import {
  type Cluster,
  ClusterError,
  type ClusterIdentity,
  type ImageUpdate,
  type UpdateAnswer,
} from '../../../core/swarm/cluster.ts';
import type { Observation, Service } from '../../../core/swarm/service.ts';
import { createAnswerReader } from './answer-reader.ts';
import { createSwarmpitConnection, type SwarmpitCall } from './connection.ts';
import { identifySwarmpit } from './identify.ts';
import { swarmpitProblem } from './problem.ts';
import { createSwarmpitReads } from './reads.ts';
import { readRedeployAnswer } from './redeploy-answer.ts';

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

/**
 * Swarmpit limits each of its own calls, which run one after another: up to 30 s for the registry and its token
 * server, and 60 s for Docker. Its answer, which says best what happened, is worth waiting for.
 */
const TIMEOUTS: SwarmpitTimeouts = { connectMs: 5_000, readMs: 30_000, redeployMs: 95_000 };

/**
 * Up to this many services, their tasks are requested one by one; for more, all at once. Each request costs Swarmpit
 * four calls.
 */
const MOST_ASKED_ALONE = 4;

/**
 * A Swarm through Swarmpit's API. It lists services, tasks and nodes, reads logs, redeploys, and rolls back to the
 * previous spec. It chooses the digest to deploy itself, and restarts the tasks with every redeploy. Throws
 * `ClusterAddressError` for an invalid `url`. Makes no connection before the first request.
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
  const answers = createAnswerReader(name, connection);
  const reads = createSwarmpitReads(name, connection, timeouts.readMs);

  const observe = async (id: string, signal: AbortSignal): Promise<Observation | null> => {
    const [service, told] = await Promise.all([reads.service(id, signal), reads.tasks(id, signal)]);
    if (service === null) return null;
    const at = told?.at ?? null;
    if (told === null) return { service, tasks: null, nodes: null, at };
    const { tasks } = told;
    const { running = 0, desired = 0 } = service.replicas ?? {};
    const wanted = tasks.filter((task) => task.desired === 'running');
    const isGlobal = service.mode === 'global' || service.mode === 'global-job';
    const nodesMatter = isGlobal || running < Math.max(wanted.length, desired);
    return { service, tasks, nodes: nodesMatter ? await reads.nodes(signal) : null, at };
  };

  const listRunningTasks: Cluster['listRunningTasks'] = async (ids, signal) => {
    const isFew = ids !== null && ids.length <= MOST_ASKED_ALONE;
    const found = isFew
      ? await Promise.all(ids.map(async (id) => (await reads.tasks(id, signal))?.tasks ?? null))
      : [(await reads.allTasks(signal))?.tasks ?? null];
    const wanted = new Set(ids);
    const told = found.flatMap((tasks) => tasks ?? []);
    return found.includes(null)
      ? null
      : told.filter(
          ({ desired, serviceId }) =>
            desired === 'running' && (ids === null || wanted.has(serviceId)),
        );
  };

  const listTasks: Cluster['listTasks'] = async (ids, signal) => {
    if (ids !== null && ids.length <= MOST_ASKED_ALONE) {
      const told = await Promise.all(ids.map((id) => reads.tasks(id, signal)));
      const known = told.filter((one) => one !== null);
      if (known.length < told.length) return null;
      const [first] = known;
      return { tasks: known.flatMap(({ tasks }) => tasks), at: first?.at ?? null };
    }
    const all = await reads.allTasks(signal);
    if (all === null) return null;
    const wanted = new Set(ids);
    const tasks =
      ids === null ? all.tasks : all.tasks.filter(({ serviceId }) => wanted.has(serviceId));
    return { tasks, at: all.at };
  };

  const updateImage = async (
    { service, tag }: ImageUpdate,
    signal: AbortSignal,
  ): Promise<UpdateAnswer> => {
    if (!service.image.ok || service.image.image.tag === null) {
      const why = service.image.ok ? 'Swarmpit would deploy the tag latest' : service.image.problem;
      const detail = `service ${service.name} cannot be redeployed: ${why}`;
      throw new ClusterError(name, 'refused', detail, { retryable: false });
    }
    if (isCutAtPort(service.imageText)) {
      const detail = `service ${service.name} cannot be redeployed: its image ${service.imageText} has no tag, and Swarmpit takes the port of its registry for one. Write the tag in the service, such as :latest`;
      throw new ClusterError(name, 'refused', detail, { retryable: false });
    }
    const isOther = tag !== undefined && tag !== service.image.image.tag;
    const query = isOther ? `?tag=${encodeURIComponent(tag)}` : '';
    return change(service, `redeploy${query}`, signal);
  };

  const restorePrevious = (service: Service, signal: AbortSignal): Promise<UpdateAnswer> =>
    change(service, 'rollback', signal);

  const change = async (
    service: Service,
    what: string,
    signal: AbortSignal,
  ): Promise<UpdateAnswer> => {
    // Swarmpit updates the version that it reads itself, so nothing else guards against a concurrent change.
    const present = await reads.service(service.id, signal);
    if (present === null) {
      const detail = `service ${service.name} no longer exists`;
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
    const meant = readRedeployAnswer(reply.refusal, service);
    if (meant !== null) return meant;
    throw swarmpitProblem(reply.refusal, connection.asked(call));
  };

  /** Until its version is known, no image is held for this reason. */
  let deploysOci = true;

  const identify = async (signal: AbortSignal): Promise<ClusterIdentity> => {
    const asking = { cluster: name, token: options.token.reveal(), deadlineMs: timeouts.readMs };
    const { deploysUnpinned, ...told } = await identifySwarmpit(
      connection,
      asking,
      answers,
      signal,
    );
    deploysOci = deploysUnpinned;
    return told;
  };

  return {
    name,
    type: 'swarmpit',
    get capabilities() {
      const tellsTasks = reads.tellsTasks();
      return {
        setsDigest: false,
        goesBackTo: 'previous-spec',
        deploysOci,
        tellsTasks,
        tellsContainers: false,
        givesLogs: tellsTasks,
      } as const;
    },
    identify,
    probe: reads.probe,
    listServices: reads.services,
    listRunningTasks,
    // Swarmpit's list always contains the replicas.
    countServices: reads.services,
    listTasks,
    listNodes: reads.nodes,
    observe,
    updateImage,
    restorePrevious,
    async readTaskLog(serviceId, taskId, lines, signal) {
      const all = await reads.log({ serviceId, taskId }, signal);
      return all.slice(Math.max(all.length - lines, 0));
    },
    close: connection.close,
  };
};

/** Swarmpit cuts an image at its last colon. Without a tag, that is the colon of the registry's port. */
const isCutAtPort = (imageText: string): boolean => {
  const name = imageText.split('@')[0] ?? '';
  return name.includes(':') && name.lastIndexOf(':') < name.lastIndexOf('/');
};
