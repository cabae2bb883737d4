import { isDeepStrictEqual } from 'node:util';
import type { EngineRequest } from './faults.ts';
import type { Rollouts } from './rollout.ts';
import { isGlobal, isJob, type ServiceSpec } from './spec.ts';
import type { EngineState, ServiceRecord } from './state.ts';

/** A complete answer. `body` is text that is already JSON. */
export type Answer = { readonly status: number; readonly body: string };

/** One accepted update, in a form for tests. */
export type SeenUpdate = {
  readonly serviceId: string;
  readonly name: string;
  readonly image: string;
  /** The image before the update. */
  readonly replaced: string;
  readonly version: number;
  readonly query: Readonly<Record<string, string>>;
  readonly registryAuth: string | null;
  readonly at: string;
};

const json = (status: number, value: unknown): Answer => ({ status, body: JSON.stringify(value) });
export const problem = (status: number, message: string): Answer => json(status, { message });
const rpc = (code: string, text: string): string => `rpc error: code = ${code} desc = ${text}`;

type Filters = Readonly<Record<string, readonly string[]>>;

/** Both forms that the engine accepts: `{"id":["x"]}` and the older `{"id":{"x":true}}`. */
const filtersOf = (query: URLSearchParams): Filters => {
  const given = JSON.parse(query.get('filters') ?? '{}') as Record<
    string,
    string[] | Record<string, boolean>
  >;
  return Object.fromEntries(
    Object.entries(given).map(([key, value]) => [
      key,
      Array.isArray(value) ? value : Object.keys(value),
    ]),
  );
};

const matchesLabels = (
  labels: Readonly<Record<string, string>>,
  wanted: readonly string[],
): boolean =>
  wanted.every((one) => {
    const [key = '', value] = one.split('=', 2);
    return key in labels && (value === undefined || labels[key] === value);
  });

const modeOf = (spec: ServiceSpec): string =>
  `${isGlobal(spec) ? 'global' : 'replicated'}${isJob(spec) ? '-job' : ''}`;

/** The Engine API's answers about services, tasks and nodes. */
export const createAnswers = (deps: {
  readonly state: EngineState;
  readonly rollouts: Rollouts;
  readonly updates: SeenUpdate[];
}) => {
  const { state, rollouts, updates } = deps;

  const services = ({ query }: EngineRequest): Answer => {
    const filters = filtersOf(query);
    const status = query.get('status') === 'true' || query.get('status') === '1';
    const parts: string[] = [];
    for (const record of state.records.values()) {
      const { ID, Spec } = record.service;
      if (filters['id'] !== undefined && !filters['id'].some((id) => ID.startsWith(id))) continue;
      if (
        filters['name'] !== undefined &&
        !filters['name'].some((name) => Spec.Name.startsWith(name))
      )
        continue;
      if (filters['mode'] !== undefined && !filters['mode'].includes(modeOf(Spec))) continue;
      if (!matchesLabels(Spec.Labels ?? {}, filters['label'] ?? [])) continue;
      const { plain, withStatus } = state.serialised(record);
      parts.push(status ? withStatus : plain);
    }
    return { status: 200, body: `[${parts.join(',')}]` };
  };

  const service = (id: string): Answer => {
    const record = state.find(id);
    return record === undefined
      ? problem(404, `service ${id} not found`)
      : { status: 200, body: state.serialised(record).plain };
  };

  const create = (spec: ServiceSpec): Answer => {
    if (state.find(spec.Name) !== undefined) {
      return problem(
        409,
        rpc(
          'AlreadyExists',
          `name conflicts with an existing object: service ${spec.Name} already exists`,
        ),
      );
    }
    const record = state.insert(spec);
    rollouts.deploy(record);
    return json(201, { ID: record.service.ID, Warnings: null });
  };

  const apply = (record: ServiceRecord, spec: ServiceSpec, isBackwards = false): void => {
    record.service.PreviousSpec = record.service.Spec;
    record.service.Spec = spec;
    delete record.service.UpdateStatus;
    if (isBackwards) {
      record.service.UpdateStatus = {
        State: 'rollback_started',
        StartedAt: state.timestamp(),
        Message: 'manually requested rollback',
      };
    }
    if (record.service.JobStatus !== undefined) {
      record.service.JobStatus = {
        JobIteration: { Index: record.service.JobStatus.JobIteration.Index + 1 },
        LastExecution: state.timestamp(),
      };
    }
    state.touch(record, { 'image.new': spec.TaskTemplate.ContainerSpec.Image });
    rollouts.deploy(record);
  };

  const update = (
    id: string,
    request: EngineRequest,
    body: string,
    registryAuth: string | null,
  ): Answer => {
    const record = state.find(id);
    if (record === undefined) return problem(404, rpc('NotFound', `service ${id} not found`));
    const version = Number(request.query.get('version') ?? 'none');
    if (!Number.isInteger(version)) {
      return problem(400, `invalid service version '${request.query.get('version') ?? ''}'`);
    }
    if (version !== record.service.Version.Index) {
      return problem(500, rpc('Unknown', 'update out of sequence'));
    }
    const backwards = request.query.get('rollback') === 'previous';
    if (backwards && record.service.PreviousSpec === undefined) {
      return problem(400, rpc('FailedPrecondition', `service ${id} does not have a previous spec`));
    }
    const spec =
      backwards && record.service.PreviousSpec !== undefined
        ? record.service.PreviousSpec
        : (JSON.parse(body) as ServiceSpec);
    const now = record.service.Spec;
    if (spec.Name !== now.Name)
      return problem(501, rpc('Unimplemented', 'renaming services is not supported'));
    if (!isDeepStrictEqual(Object.keys(spec.Mode ?? {}), Object.keys(now.Mode ?? {}))) {
      return problem(501, rpc('Unimplemented', 'service mode change is not allowed'));
    }
    if (isJob(spec) && spec.UpdateConfig !== undefined) {
      return problem(400, rpc('InvalidArgument', 'UpdateConfig: cannot be set on a job'));
    }
    updates.push({
      serviceId: record.service.ID,
      name: spec.Name,
      image: spec.TaskTemplate.ContainerSpec.Image,
      replaced: now.TaskTemplate.ContainerSpec.Image,
      version,
      query: Object.fromEntries(request.query),
      registryAuth,
      at: state.timestamp(),
    });
    apply(record, spec, backwards);
    return json(200, { Warnings: null });
  };

  const remove = (id: string): Answer => {
    const record = state.find(id);
    if (record === undefined) return problem(404, `service ${id} not found`);
    state.remove(record);
    return { status: 200, body: '' };
  };

  const tasks = ({ query }: EngineRequest): Answer => {
    const filters = filtersOf(query);
    const wanted = filters['service'];
    const records =
      wanted === undefined
        ? [...state.records.values()]
        : wanted.flatMap((id) => state.find(id) ?? []);
    const upToDate = filters['_up-to-date'] !== undefined;
    return json(
      200,
      records.flatMap((record) =>
        record.tasks.filter(
          (task) =>
            (filters['id'] === undefined || filters['id'].includes(task.ID)) &&
            (filters['node'] === undefined || filters['node'].includes(task.NodeID ?? '')) &&
            (filters['desired-state'] === undefined ||
              filters['desired-state'].includes(task.DesiredState)) &&
            (!upToDate || isDeepStrictEqual(task.Spec, record.service.Spec.TaskTemplate)),
        ),
      ),
    );
  };

  const task = (id: string): Answer => {
    const found = state.recordsByTask.get(id)?.tasks.find((one) => one.ID === id);
    return found === undefined ? problem(404, `task ${id} not found`) : json(200, found);
  };

  return {
    services,
    service,
    create,
    apply,
    update,
    remove,
    tasks,
    task,
    nodes: () => json(200, state.nodes),
  };
};

export type Answers = ReturnType<typeof createAnswers>;
