import { isDeepStrictEqual } from 'node:util';
import type { SimulationClock } from './clock.ts';
import {
  type EngineTask,
  isJob,
  type ServiceSpec,
  type TaskTemplate,
  type UpdateConfig,
} from './spec.ts';
import { type EngineState, isLive, placeOf, type ServiceRecord } from './state.ts';
import { createTaskLife, type Durations, type Outcome } from './tasks.ts';

const MS = 1_000_000;
const DEFAULT_MONITOR_MS = 5000;
const DEFAULT_RESTART_DELAY_MS = 5000;

export type Rollouts = {
  /** Changes the service's tasks to match its spec, as the engine does after a create or an update. */
  readonly deploy: (record: ServiceRecord) => void;
  /** Gives a new service its running tasks at once, as if it had run for a long time. */
  readonly settle: (record: ServiceRecord) => void;
  /** Whether the service will still change on its own. */
  readonly isBusy: (record: ServiceRecord) => boolean;
};

/** What the engine considers the same task: everything except its origin. */
const isUpToDate = (task: EngineTask, template: TaskTemplate): boolean =>
  isDeepStrictEqual(task.Spec, template);

/**
 * A small version of SwarmKit's updater. `Parallelism` workers replace dirty slots, failures within the monitor period
 * pause the update or roll it back, and a rollback is followed in the same way.
 */
export const createRollouts = (deps: {
  readonly state: EngineState;
  readonly clock: SimulationClock;
  readonly durations: Durations;
  readonly outcomeOf: (image: string) => Outcome;
}): Rollouts => {
  const { state, clock } = deps;
  const watchers = new Map<ServiceRecord, (task: EngineTask) => void>();

  const life = createTaskLife({
    ...deps,
    onFailed(record, task) {
      watchers.get(record)?.(task);
      restart(record, task);
    },
  });

  /** The restart supervisor: a new task in the same place after the policy's delay. */
  const restart = (record: ServiceRecord, failed: EngineTask): void => {
    const policy = failed.Spec.RestartPolicy;
    if (policy?.Condition === 'none' || isJob(record.service.Spec)) return;
    const delayMs = policy?.Delay === undefined ? DEFAULT_RESTART_DELAY_MS : policy.Delay / MS;
    const place = placeOf(failed);
    if (state.find(record.service.ID) !== record || !state.places(record).includes(place)) return;
    if (record.tasks.some((task) => placeOf(task) === place && isLive(task))) return;
    const next = state.makeTask(record, place);
    next.DesiredState = 'ready';
    state.setTask(next, 'ready', 'waiting for the restart delay');
    clock.after(delayMs, () => {
      if (next.DesiredState !== 'ready') return;
      next.DesiredState = 'running';
      life.begin(record, next);
    });
  };

  const setStatus = (record: ServiceRecord, to: string, message: string, ended: boolean): void => {
    const before = record.service.UpdateStatus;
    const at = state.timestamp();
    record.service.UpdateStatus = {
      State: to,
      StartedAt: before?.StartedAt ?? at,
      ...(ended ? { CompletedAt: at } : {}),
      Message: message,
    };
    state.touch(record, {
      'updatestate.new': to,
      ...(before === undefined ? {} : { 'updatestate.old': before.State }),
    });
  };

  const rollBack = (record: ServiceRecord, because: string): void => {
    const previous = record.service.PreviousSpec;
    if (previous === undefined) {
      setStatus(record, 'paused', `update paused due to ${because}`, false);
      return;
    }
    record.service.Spec = previous;
    delete record.service.PreviousSpec;
    setStatus(record, 'rollback_started', `update rolled back due to ${because}`, false);
    deploy(record);
  };

  const giveUp = (record: ServiceRecord, config: UpdateConfig, task: EngineTask): void => {
    record.generation += 1;
    watchers.delete(record);
    const because = `failure or early termination of task ${task.ID}`;
    const rollingBack = record.service.UpdateStatus?.State === 'rollback_started';
    if (!rollingBack && config.FailureAction === 'rollback') rollBack(record, because);
    else if (rollingBack) {
      setStatus(record, 'rollback_paused', `rollback paused due to ${because}`, false);
    } else setStatus(record, 'paused', `update paused due to ${because}`, false);
  };

  /** Replaces what is in one place by a task of the current spec, in the configured order. */
  const replace = (
    record: ServiceRecord,
    place: number | string,
    startFirst: boolean,
    made: (task: EngineTask) => void,
    done: () => void,
  ): void => {
    const old = record.tasks.filter((task) => placeOf(task) === place && isLive(task));
    const task = state.makeTask(record, place);
    made(task);
    if (startFirst) {
      life.begin(record, task, () => {
        for (const one of old) life.stop(one);
        done();
      });
      return;
    }
    // As in the engine, the new task exists at once, and waits until the old one is gone.
    task.DesiredState = 'ready';
    state.setTask(task, 'ready', 'prepared');
    const start = (): void => {
      if (task.DesiredState !== 'ready') return;
      task.DesiredState = 'running';
      life.begin(record, task, done);
    };
    const [first, ...others] = old;
    for (const one of others) life.stop(one);
    if (first === undefined) start();
    else life.stop(first, start);
  };

  const update = (record: ServiceRecord, dirty: (number | string)[]): void => {
    const rollingBack = record.service.UpdateStatus?.State === 'rollback_started';
    const { Spec } = record.service;
    const config = (rollingBack ? Spec.RollbackConfig : Spec.UpdateConfig) ?? {};
    const monitorMs = config.Monitor === undefined ? DEFAULT_MONITOR_MS : config.Monitor / MS;
    const parallelism = config.Parallelism ?? 1;
    const workers = parallelism === 0 ? dirty.length : Math.min(parallelism, dirty.length);
    const watched = new Map<string, number>();
    const { generation } = record;
    const isCurrent = (): boolean => record.generation === generation;
    const queue = [...dirty];
    let failures = 0;
    let active = workers;

    if (!rollingBack) setStatus(record, 'updating', 'update in progress', false);
    if ((config.FailureAction ?? 'pause') !== 'continue') {
      watchers.set(record, (task) => {
        const ranAt = watched.get(task.ID);
        if (!isCurrent() || ranAt === undefined || clock.now() - ranAt > monitorMs) return;
        failures += 1;
        if (failures / dirty.length > (config.MaxFailureRatio ?? 0)) giveUp(record, config, task);
      });
    }

    const finish = (): void => {
      watchers.delete(record);
      if (rollingBack) setStatus(record, 'rollback_completed', 'rollback completed', true);
      else setStatus(record, 'completed', 'update completed', true);
    };

    const work = (): void => {
      if (!isCurrent() || state.find(record.service.ID) !== record) return;
      const place = queue.shift();
      if (place === undefined) {
        active -= 1;
        // One more monitor period, so that the tasks that started last are watched as long as the others.
        if (active === 0) {
          clock.after(monitorMs, () => {
            if (isCurrent() && state.find(record.service.ID) === record) finish();
          });
        }
        return;
      }
      let id = '';
      replace(
        record,
        place,
        config.Order === 'start-first',
        (task) => {
          id = task.ID;
          watched.set(id, Number.POSITIVE_INFINITY);
        },
        () => {
          if (watched.get(id) === Number.POSITIVE_INFINITY) watched.set(id, clock.now());
          clock.after((config.Delay ?? 0) / MS, work);
        },
      );
    };
    for (let worker = 0; worker < workers; worker += 1) work();
  };

  const deploy: Rollouts['deploy'] = (record) => {
    record.generation += 1;
    watchers.delete(record);
    const places = state.places(record);
    const template: ServiceSpec['TaskTemplate'] = record.service.Spec.TaskTemplate;
    const live = record.tasks.filter(isLive);
    for (const task of live.filter((one) => !places.includes(placeOf(one)))) life.stop(task);
    if (isJob(record.service.Spec)) {
      for (const task of live) life.stop(task);
      for (const place of places) life.begin(record, state.makeTask(record, place));
      return;
    }
    const taken = new Map(live.map((task) => [placeOf(task), task]));
    const dirty = places.filter((place) => {
      const task = taken.get(place);
      return task !== undefined && !isUpToDate(task, template);
    });
    for (const place of places.filter((one) => !taken.has(one))) {
      life.begin(record, state.makeTask(record, place));
    }
    if (dirty.length > 0) update(record, dirty);
    else if (record.service.UpdateStatus?.State === 'rollback_started') {
      setStatus(record, 'rollback_completed', 'rollback completed', true);
    }
  };

  return {
    deploy,
    settle(record) {
      for (const place of state.places(record)) {
        const task = state.makeTask(record, place);
        const done = isJob(record.service.Spec);
        state.setTask(task, done ? 'complete' : 'running', done ? 'finished' : 'started', {
          ContainerStatus: { ContainerID: state.newContainerId(), PID: 4242, ExitCode: 0 },
        });
      }
    },
    isBusy(record) {
      const status = record.service.UpdateStatus?.State;
      if (status === 'updating' || status === 'rollback_started') return true;
      const runsOn = !isJob(record.service.Spec);
      return record.tasks.some(
        (task) => isLive(task) && !(runsOn && task.Status.State === 'running'),
      );
    },
  };
};
