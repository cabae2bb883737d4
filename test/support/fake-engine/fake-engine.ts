import { createAnswers, type SeenUpdate } from './answers.ts';
import { createManualClock, createRealClock } from './clock.ts';
import { createFaults, type EngineRequest, type Fault } from './faults.ts';
import { createEngineHttp, type EngineControl } from './http.ts';
import { createRollouts } from './rollout.ts';
import { type ListenOn, listenOn } from './server.ts';
import {
  digestOrText,
  type EngineNode,
  type EngineService,
  type EngineTask,
  type ServiceMode,
  type ServiceSpec,
} from './spec.ts';
import { createEngineState, type FillRandom, isLive, type ServiceRecord } from './state.ts';
import type { Outcome } from './tasks.ts';

export type FakeEngineOptions = {
  /** Default: a free loopback TCP port. */
  readonly listen?: ListenOn;
  /**
   * How time passes for rollouts. `immediate` (default) completes every update before the next request is answered.
   * `manual` passes only with `advance`. `real` follows the clock, `speed` times as fast.
   */
  readonly pace?: 'immediate' | 'manual' | 'real';
  readonly speed?: number;
  /** The start of its time, ms since the epoch, unless it follows the clock; default: 2026. */
  readonly startAt?: number;
  /** How long an added service has already been running; default: 0. */
  readonly settledMs?: number;
  /** Names of the nodes; default: one node. */
  readonly nodes?: readonly string[];
  /** Default: 1.47; minimum: 1.24. */
  readonly apiVersion?: string;
  readonly minApiVersion?: string;
  readonly prepareMs?: number;
  readonly startMs?: number;
  readonly stopMs?: number;
  /** Source of random ids; default: the machine's own. */
  readonly fillRandom?: FillRandom;
};

export type NewService = {
  readonly name: string;
  readonly image: string;
  readonly replicas?: number;
  readonly mode?: ServiceMode;
  readonly labels?: Readonly<Record<string, string>>;
  readonly update?: ServiceSpec['UpdateConfig'];
  readonly rollback?: ServiceSpec['RollbackConfig'];
  /** More fields for `ContainerSpec`. */
  readonly container?: Readonly<Record<string, unknown>>;
};

export type FakeEngine = {
  readonly url: string;
  /** The Swarm's id. */
  readonly swarmId: string;
  readonly nodes: EngineNode[];
  /** Adds a service whose tasks already run, as if it had run for a long time. */
  readonly addService: (service: NewService) => EngineService;
  readonly removeService: (name: string) => void;
  /** The current answer of the engine. Throws if the service does not exist. */
  readonly service: (name: string) => EngineService;
  /** Newest last, including the last five finished tasks per slot. */
  readonly tasks: (name: string) => readonly EngineTask[];
  /** Digests (or image references without one) of the running tasks. */
  readonly running: (name: string) => readonly string[];
  /** Every task that the service ever had, to count what was started. */
  readonly tasksMade: (
    name: string,
  ) => readonly { readonly id: string; readonly image: string; readonly at: string }[];
  /** Changes the spec as another actor. */
  readonly changeSpec: (name: string, change: (spec: ServiceSpec) => void) => void;
  /** What containers of this digest (or image reference) do; default: they are good. */
  readonly setOutcome: (digest: string, outcome: Outcome) => void;
  /** The log of containers of this digest. */
  readonly setLog: (digest: string, lines: readonly string[]) => void;
  /** Lets time pass; not with the pace `real`. */
  readonly advance: (ms: number) => void;
  readonly inject: (fault: Fault) => void;
  readonly clearFaults: () => void;
  /** Answers Swarm calls like a worker, or like an engine without a Swarm. */
  readonly setRole: (role: 'manager' | 'worker' | 'no-swarm') => void;
  /** Puts a socket proxy in front of the engine that answers 403 unless `allows` returns true. */
  readonly setProxy: (allows: ((request: EngineRequest) => boolean) | null) => void;
  /** Accepted updates, in order. */
  readonly updates: readonly SeenUpdate[];
  /** The number of requests per `METHOD path` (ids as sent, no query). */
  readonly requests: ReadonlyMap<string, number>;
  readonly close: () => Promise<void>;
};

const LONGEST_ROLLOUT_MS = 15 * 60_000;
const START_OF_TIME = Date.parse('2026-01-01T00:00:00Z');

/** An engine in this process that supports enough of the Docker Engine API, with simulated rollouts. */
export const startFakeEngine = async (options: FakeEngineOptions = {}): Promise<FakeEngine> => {
  const { apiVersion = '1.47', minApiVersion = '1.24', pace = 'immediate' } = options;
  const manual = pace === 'real' ? null : createManualClock(options.startAt ?? START_OF_TIME);
  const clock = manual ?? createRealClock(options.speed);
  const listeners = new Set<(event: Record<string, unknown>) => void>();
  const tell = (event: Record<string, unknown>): void => {
    for (const listener of listeners) listener(event);
  };
  const state = createEngineState(clock, options.nodes ?? ['node-1'], tell, options.fillRandom);
  const outcomes = new Map<string, Outcome>();
  const logs = new Map<string, readonly string[]>();
  const { prepareMs = 200, startMs = 300, stopMs = 200 } = options;
  const rollouts = createRollouts({
    state,
    clock,
    durations: { prepareMs, startMs, stopMs },
    outcomeOf: (image) => outcomes.get(image) ?? { kind: 'good' },
  });
  const updates: SeenUpdate[] = [];
  const requests = new Map<string, number>();
  const faults = createFaults();
  const answers = createAnswers({ state, rollouts, updates });
  const control: EngineControl = { role: 'manager', proxyAllows: null };
  const busy = new Set<ServiceRecord>();

  const settleNow = (record: ServiceRecord | undefined): void => {
    if (record === undefined || pace !== 'immediate') return;
    busy.add(record);
    manual?.runUntil(() => {
      for (const one of busy) if (!rollouts.isBusy(one)) busy.delete(one);
      return busy.size === 0;
    }, LONGEST_ROLLOUT_MS);
    busy.delete(record);
  };

  const record = (name: string): ServiceRecord => {
    const found = state.find(name);
    if (found === undefined) throw new Error(`the fake engine has no service ${name}`);
    return found;
  };

  const handle = createEngineHttp({
    state,
    answers,
    faults,
    control,
    apiVersion,
    minApiVersion,
    listeners,
    requests,
    changed: settleNow,
    linesOf: (image) => logs.get(digestOrText(image)) ?? [],
  });
  const server = await listenOn(options.listen ?? { kind: 'tcp' }, handle);

  return {
    url: server.url,
    swarmId: state.swarmId,
    nodes: state.nodes,
    addService(given) {
      const added = state.insert({
        Name: given.name,
        Labels: { ...given.labels },
        TaskTemplate: {
          ContainerSpec: { Image: given.image, ...structuredClone(given.container ?? {}) },
          Placement: {},
          ForceUpdate: 0,
          Runtime: 'container',
        },
        Mode: given.mode ?? { Replicated: { Replicas: given.replicas ?? 1 } },
        ...(given.update === undefined ? {} : { UpdateConfig: given.update }),
        ...(given.rollback === undefined ? {} : { RollbackConfig: given.rollback }),
      });
      rollouts.settle(added);
      const since = new Date(clock.now() - (options.settledMs ?? 0)).toISOString();
      for (const task of added.tasks) task.UpdatedAt = since;
      return structuredClone(added.service);
    },
    removeService: (name) => state.remove(record(name)),
    service: (name) => structuredClone(record(name).service),
    tasks: (name) => structuredClone(record(name).tasks),
    running: (name) =>
      record(name)
        .tasks.filter((task) => isLive(task) && task.Status.State === 'running')
        .map((task) => digestOrText(task.Spec.ContainerSpec.Image)),
    tasksMade: (name) => [...record(name).made],
    changeSpec(name, change) {
      const changed = record(name);
      const spec = structuredClone(changed.service.Spec);
      change(spec);
      answers.apply(changed, spec);
      settleNow(changed);
    },
    setOutcome: (digest, outcome) => {
      outcomes.set(digest, outcome);
    },
    setLog: (digest, lines) => {
      logs.set(digest, lines);
    },
    advance(ms) {
      if (manual === null) throw new Error('real time cannot be advanced');
      manual.advance(ms);
    },
    inject: faults.inject,
    clearFaults: faults.clear,
    setRole: (to) => {
      control.role = to;
    },
    setProxy: (allows) => {
      control.proxyAllows = allows;
    },
    updates,
    requests,
    close: server.close,
  };
};
