import type { EngineNode, EngineService, EngineTask } from '../fake-engine/spec.ts';
import { exception, ok, type SwarmpitAnswer, TIMED_OUT, withError } from './answer.ts';
import { type Docker, relay } from './docker.ts';
import { type DigestLookup, findDigest, type FoundDigest } from './find-digest.ts';
import { showService, splitImage } from './show-service.ts';
import { showLog, showNode, showTask, sinceOf } from './show-tasks.ts';
import type { SwarmpitTraits } from './versions.ts';

/** The answer to a lookup without a digest. */
const refusal = (found: Exclude<FoundDigest, { kind: 'found' }>): SwarmpitAnswer => {
  switch (found.kind) {
    case 'not-linked':
      return withError(401, `No matching registry ( ${found.host} ) linked with Swarmpit`);
    case 'refused':
      return withError(found.status, found.text);
    case 'timed-out':
      return TIMED_OUT;
    case 'no-connection':
      return withError(500, found.message);
    default:
      return found satisfies never;
  }
};

const serviceFilter = (id: string): string => encodeURIComponent(JSON.stringify({ service: [id] }));

/** Swarmpit's answers to signed-in clients, based on the engine behind it. */
export const createAnswers = (deps: {
  readonly docker: Docker;
  readonly lookup: DigestLookup;
  readonly traits: SwarmpitTraits;
  readonly name: string;
}) => {
  const { docker, lookup, traits } = deps;
  const list = async <T>(path: string): Promise<readonly T[]> =>
    (await docker.ask('GET', path)).body as T[];

  const services = async (): Promise<SwarmpitAnswer> => {
    const found = await docker.ask('GET', '/services');
    if (found.status !== 200) return relay(found);
    const tasks = await list<EngineTask>('/tasks');
    const byService = Map.groupBy(tasks, (task) => task.ServiceID);
    const all = found.body as EngineService[];
    return ok(all.map((one) => showService(one, byService.get(one.ID) ?? [])));
  };

  const service = async (id: string): Promise<SwarmpitAnswer> => {
    const found = await docker.ask('GET', `/services/${id}`);
    if (found.status !== 200) return relay(found);
    const tasks = await list<EngineTask>(`/tasks?filters=${serviceFilter(id)}`);
    return ok(showService(found.body as EngineService, tasks));
  };

  /** The tasks of one service, or of all. Docker answers 404 if the filter names a service that is gone. */
  const tasks = async (id: string | null): Promise<SwarmpitAnswer> => {
    const filter = id === null ? '' : `?filters=${serviceFilter(id)}`;
    const found = await docker.ask('GET', `/tasks${filter}`);
    if (found.status !== 200) return relay(found);
    const [nodes, all] = await Promise.all([
      list<EngineNode>('/nodes'),
      list<EngineService>('/services'),
    ]);
    return ok((found.body as EngineTask[]).map((task) => showTask(task, nodes, all)));
  };

  const log = async (id: string, since: string): Promise<SwarmpitAnswer> => {
    const from = sinceOf(since, Date.now());
    const query = `details=true&stdout=true&stderr=true&timestamps=true&since=${from}`;
    const found = await docker.read(`/services/${id}/logs?${query}`);
    if (found.status === 200) return ok(showLog(found.bytes));
    return relay({ status: found.status, body: JSON.parse(found.bytes.toString('utf8')) });
  };

  const update = async (
    { ID, Version }: EngineService,
    spec: EngineService['Spec'],
  ): Promise<SwarmpitAnswer> => {
    const sent = await docker.ask('POST', `/services/${ID}/update?version=${Version.Index}`, spec);
    return sent.status === 200 ? { status: 202 } : relay(sent);
  };

  const redeploy = async (id: string, tag: string | null): Promise<SwarmpitAnswer> => {
    const read = await docker.ask('GET', `/services/${id}`);
    if (read.status !== 200) return relay(read);
    const found = read.body as EngineService;
    const spec = structuredClone(found.Spec);
    const { TaskTemplate: template } = spec;
    const cut = splitImage(template.ContainerSpec.Image);
    // A digest without a tag, and an empty tag, become latest: a pitfall for pinned services.
    const image = `${cut.name}:${tag ?? (cut.tag === '' ? 'latest' : cut.tag)}`;
    const digest = await findDigest(lookup, image);
    if (digest.kind !== 'found') return refusal(digest);
    if (digest.digest === null && !traits.deploysUnpinned) {
      // Docker's answer to `name:tag@`.
      return withError(400, `ContainerSpec: "${image}@" is not a valid repository/tag`);
    }
    template.ContainerSpec.Image = digest.digest === null ? image : `${image}@${digest.digest}`;
    template.ForceUpdate = (template.ForceUpdate ?? 0) + 1;
    return update(found, spec);
  };

  const rollback = async (id: string): Promise<SwarmpitAnswer> => {
    const read = await docker.ask('GET', `/services/${id}`);
    if (read.status !== 200) return relay(read);
    const found = read.body as EngineService;
    // Swarmpit then sends an empty body, and this is Docker's answer to it.
    if (found.PreviousSpec === undefined) {
      return withError(400, 'got EOF while reading request body');
    }
    return update(found, found.PreviousSpec);
  };

  const version = async (): Promise<SwarmpitAnswer> => {
    const told = (await docker.ask('GET', '/version')).body as {
      Version: string;
      ApiVersion: string;
    };
    return ok({
      name: deps.name,
      version: traits.shown,
      revision: null,
      initialized: true,
      ...(traits.showsStatistics ? { statistics: false } : {}),
      ...(traits.showsInstanceName ? { instanceName: null } : {}),
      docker: { api: Number(told.ApiVersion), engine: told.Version },
    });
  };

  return {
    services,
    service,
    tasks,
    nodes: async () => ok((await list<EngineNode>('/nodes')).map(showNode)),
    log,
    redeploy,
    rollback,
    version,
    /** One round of its own agent, which redeploys services with its autoredeploy label. */
    async runAgent(): Promise<void> {
      for (const { ID, Spec } of await list<EngineService>('/services')) {
        if (Spec.Labels?.['swarmpit.service.deployment.autoredeploy'] !== 'true') continue;
        const image = Spec.TaskTemplate.ContainerSpec.Image;
        const found = await findDigest(lookup, image);
        if (found.kind === 'found' && found.digest !== (image.split('@')[1] ?? null)) {
          await redeploy(ID, null);
        }
      }
    },
    /** The answer after an exception on the way. Nobody knows whether Docker has acted by then. */
    failed: (error: unknown): SwarmpitAnswer => {
      if (error instanceof Error && error.name === 'TimeoutError') return TIMED_OUT;
      const code = (error as { code?: string }).code;
      return code === 'ECONNREFUSED' || code === 'ENOENT'
        ? withError(500, 'Connection refused')
        : exception(String(error));
    },
  };
};

export type Answers = ReturnType<typeof createAnswers>;
