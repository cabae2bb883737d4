import { randomFillSync } from 'node:crypto';
import type { TaskState } from '../../../src/core/swarm/service.ts';
import type { SimulationClock } from './clock.ts';
import {
  type EngineNode,
  type EngineService,
  type EngineTask,
  isGlobal,
  isJob,
  replicasOf,
  type ServiceSpec,
} from './spec.ts';

/** A service with its tasks. `generation` shows an update in progress that a newer one has replaced it. */
export type ServiceRecord = {
  readonly service: EngineService;
  tasks: EngineTask[];
  generation: number;
  /** Every task that the service ever had, in order of creation. */
  readonly made: { readonly id: string; readonly image: string; readonly at: string }[];
  /** Serialised answers, kept until the service changes. Benchmarks request lists of 10,000. */
  json: { plain: string; withStatus: string } | null;
};

export type EngineState = ReturnType<typeof createEngineState>;

const ID_ALPHABET = '0123456789abcdefghijklmnopqrstuvwxyz';
/** Finished tasks kept per slot, as by default in the engine. */
const TASK_HISTORY = 5;

/** Fills the array with random bytes. */
export type FillRandom = (bytes: Uint8Array) => unknown;

const TERMINAL: ReadonlySet<TaskState> = new Set([
  'complete',
  'shutdown',
  'failed',
  'rejected',
  'remove',
  'orphaned',
]);

/** A task of a job is desired until it has completed. */
const isWanted = ({ DesiredState }: EngineTask): boolean =>
  DesiredState === 'complete' || !TERMINAL.has(DesiredState);

export const isLive = (task: EngineTask): boolean =>
  isWanted(task) && !TERMINAL.has(task.Status.State);

/** The state of the engine: services with tasks, nodes, and the one counter behind every version. */
export const createEngineState = (
  clock: SimulationClock,
  nodeNames: readonly string[],
  emit: (event: Record<string, unknown>) => void,
  fillRandom: FillRandom = randomFillSync,
) => {
  const randomBytes = (count: number): Uint8Array => {
    const bytes = new Uint8Array(count);
    fillRandom(bytes);
    return bytes;
  };
  const newId = (): string =>
    Array.from(randomBytes(25), (byte) => ID_ALPHABET[byte % ID_ALPHABET.length]).join('');
  let index = 10;
  const records = new Map<string, ServiceRecord>();
  const idsByName = new Map<string, string>();
  const recordsByTask = new Map<string, ServiceRecord>();
  const timestamp = (): string => new Date(clock.now()).toISOString();
  const nextIndex = (): number => (index += 1);

  const nodes: EngineNode[] = nodeNames.map((name) => ({
    ID: newId(),
    Version: { Index: nextIndex() },
    CreatedAt: timestamp(),
    UpdatedAt: timestamp(),
    Spec: { Role: 'manager', Availability: 'active' },
    Description: { Hostname: name, Platform: { Architecture: 'x86_64', OS: 'linux' } },
    Status: { State: 'ready', Addr: '127.0.0.1' },
  }));
  const eligibleNodes = (): EngineNode[] =>
    nodes.filter((node) => node.Status.State === 'ready' && node.Spec.Availability === 'active');

  const find = (idOrName: string): ServiceRecord | undefined =>
    records.get(idOrName) ?? records.get(idsByName.get(idOrName) ?? '');

  /** Records a write to the service: a new version and an event. */
  const touch = (record: ServiceRecord, attributes: Record<string, string> = {}): void => {
    record.service.Version = { Index: nextIndex() };
    record.service.UpdatedAt = timestamp();
    record.json = null;
    emitService('update', record, attributes);
  };

  const emitService = (
    action: string,
    record: ServiceRecord,
    attributes: Record<string, string>,
  ): void =>
    emit({
      Type: 'service',
      Action: action,
      Actor: {
        ID: record.service.ID,
        Attributes: { name: record.service.Spec.Name, ...attributes },
      },
      scope: 'swarm',
      time: Math.floor(clock.now() / 1000),
      timeNano: clock.now() * 1_000_000,
    });

  const insert = (spec: ServiceSpec): ServiceRecord => {
    const at = timestamp();
    const service: EngineService = {
      ID: newId(),
      Version: { Index: nextIndex() },
      CreatedAt: at,
      UpdatedAt: at,
      Spec: spec,
      Endpoint: { Spec: {} },
    };
    if (isJob(spec)) service.JobStatus = { JobIteration: { Index: 0 }, LastExecution: at };
    const record: ServiceRecord = { service, tasks: [], generation: 0, made: [], json: null };
    records.set(service.ID, record);
    idsByName.set(spec.Name, service.ID);
    emitService('create', record, {});
    return record;
  };

  const remove = (record: ServiceRecord): void => {
    record.generation += 1;
    for (const task of record.tasks) {
      task.DesiredState = 'remove';
      recordsByTask.delete(task.ID);
    }
    records.delete(record.service.ID);
    idsByName.delete(record.service.Spec.Name);
    emitService('remove', record, {});
  };

  /** A task of the current spec for a slot, or for a node of a global service. */
  const makeTask = (record: ServiceRecord, place: number | string): EngineTask => {
    const at = timestamp();
    const ready = eligibleNodes();
    const slot = typeof place === 'number' ? place : null;
    const nodeId = slot === null ? String(place) : ready[slot % Math.max(ready.length, 1)]?.ID;
    const task: EngineTask = {
      ID: newId(),
      Version: { Index: nextIndex() },
      CreatedAt: at,
      UpdatedAt: at,
      Labels: {},
      Spec: structuredClone(record.service.Spec.TaskTemplate),
      ServiceID: record.service.ID,
      ...(slot === null ? {} : { Slot: slot }),
      ...(nodeId === undefined ? {} : { NodeID: nodeId }),
      Status: { Timestamp: at, State: 'new', Message: 'created' },
      DesiredState: isJob(record.service.Spec) ? 'complete' : 'running',
      ...(record.service.JobStatus === undefined
        ? {}
        : { JobIteration: { ...record.service.JobStatus.JobIteration } }),
    };
    record.made.push({ id: task.ID, image: task.Spec.ContainerSpec.Image, at });
    record.tasks.push(task);
    recordsByTask.set(task.ID, record);
    trimHistory(record, task);
    record.json = null;
    return task;
  };

  const trimHistory = (record: ServiceRecord, newest: EngineTask): void => {
    const finished = record.tasks.filter((task) => samePlace(task, newest) && !isLive(task));
    for (const task of finished.slice(0, Math.max(finished.length - TASK_HISTORY, 0))) {
      record.tasks = record.tasks.filter((other) => other !== task);
      recordsByTask.delete(task.ID);
    }
  };

  const setTask = (
    task: EngineTask,
    state: TaskState,
    message: string,
    extra: Partial<EngineTask['Status']> = {},
  ): void => {
    task.Version = { Index: nextIndex() };
    task.UpdatedAt = timestamp();
    const { ContainerStatus } = task.Status;
    task.Status = {
      Timestamp: task.UpdatedAt,
      State: state,
      Message: message,
      ...(ContainerStatus === undefined ? {} : { ContainerStatus }),
      ...extra,
    };
    const record = recordsByTask.get(task.ID);
    if (record !== undefined) record.json = null;
  };

  /** Where tasks should run now: slots, or node ids for a global service. */
  const places = (record: ServiceRecord): (number | string)[] =>
    isGlobal(record.service.Spec)
      ? eligibleNodes().map((node) => node.ID)
      : Array.from({ length: replicasOf(record.service.Spec) }, (_, at) => at + 1);

  const serviceStatus = (record: ServiceRecord) => ({
    RunningTasks: record.tasks.filter((task) => isLive(task) && task.Status.State === 'running')
      .length,
    DesiredTasks: isGlobal(record.service.Spec)
      ? record.tasks.filter(isLive).length
      : replicasOf(record.service.Spec),
    CompletedTasks: record.tasks.filter((task) => task.Status.State === 'complete').length,
  });

  const serialised = (record: ServiceRecord): { plain: string; withStatus: string } => {
    record.json ??= {
      plain: JSON.stringify(record.service),
      withStatus: JSON.stringify({ ...record.service, ServiceStatus: serviceStatus(record) }),
    };
    return record.json;
  };

  return {
    records,
    recordsByTask,
    nodes,
    swarmId: newId(),
    timestamp,
    find,
    touch,
    insert,
    remove,
    makeTask,
    setTask,
    places,
    serialised,
    newContainerId: (): string => Buffer.from(randomBytes(32)).toString('hex'),
  };
};

export const placeOf = (task: EngineTask): number | string => task.Slot ?? task.NodeID ?? '';

const samePlace = (one: EngineTask, other: EngineTask): boolean => placeOf(one) === placeOf(other);
