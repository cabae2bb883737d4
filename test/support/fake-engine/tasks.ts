import type { SimulationClock } from './clock.ts';
import { digestOrText, type EngineTask, isJob } from './spec.ts';
import { type EngineState, isLive, type ServiceRecord } from './state.ts';

/**
 * What happens to a container of an image: it runs; it runs for a while and exits; its health check fails while it
 * starts; its image cannot be pulled; no node fits. As in a real engine, a task that exits with 0 is `complete` without
 * an error, even if its health check ended it.
 */
export type Outcome =
  | { readonly kind: 'good'; readonly pullMs?: number; readonly startMs?: number }
  | { readonly kind: 'crash'; readonly exitCode?: number; readonly afterMs?: number }
  | { readonly kind: 'unhealthy'; readonly exitCode?: number; readonly afterMs?: number }
  | { readonly kind: 'cannot-pull' }
  | { readonly kind: 'never-placed' };

/** How long the steps of a task take, in ms. */
export type Durations = {
  readonly prepareMs: number;
  readonly startMs: number;
  readonly stopMs: number;
};

export type TaskLife = {
  /** Starts the life of a task. Reports once, when the task first runs or when it ends instead. */
  readonly begin: (
    record: ServiceRecord,
    task: EngineTask,
    settled?: (task: EngineTask) => void,
  ) => void;
  /** Shuts a task down and then calls `stopped`. */
  readonly stop: (task: EngineTask, stopped?: () => void) => void;
};

/** The simulation has only this in common with the real container of a task: state, error, exit code. */
export const createTaskLife = (deps: {
  readonly state: EngineState;
  readonly clock: SimulationClock;
  readonly durations: Durations;
  readonly outcomeOf: (image: string) => Outcome;
  readonly onFailed: (record: ServiceRecord, task: EngineTask) => void;
}): TaskLife => {
  const { state, clock, durations } = deps;

  /** Runs `step` later, unless the task was shut down or the service removed by then. */
  const later = (task: EngineTask, ms: number, step: () => void): void => {
    clock.after(ms, () => {
      if (isLive(task)) step();
    });
  };

  const container = (exitCode: number) => ({
    ContainerID: state.newContainerId(),
    PID: 4242,
    ExitCode: exitCode,
  });

  const begin: TaskLife['begin'] = (record, task, settled) => {
    const image = task.Spec.ContainerSpec.Image;
    const outcome = deps.outcomeOf(digestOrText(image));
    const over = (): void => {
      task.DesiredState = 'shutdown';
      settled?.(task);
      deps.onFailed(record, task);
    };
    const exit = (code: number, error: string): void => {
      const ContainerStatus = {
        ...(task.Status.ContainerStatus ?? container(code)),
        ExitCode: code,
      };
      if (code === 0) state.setTask(task, 'complete', 'finished', { ContainerStatus });
      else state.setTask(task, 'failed', 'started', { ContainerStatus, Err: error });
      over();
    };
    const run = (): void => {
      const ContainerStatus = task.Status.ContainerStatus ?? container(0);
      state.setTask(task, 'running', 'started', { ContainerStatus });
      if (isJob(record.service.Spec) && outcome.kind !== 'crash') {
        later(task, durations.startMs, () => {
          state.setTask(task, 'complete', 'finished');
          settled?.(task);
        });
        return;
      }
      settled?.(task);
      if (outcome.kind !== 'crash') return;
      const code = outcome.exitCode ?? 3;
      later(task, outcome.afterMs ?? 1000, () => exit(code, `task: non-zero exit (${code})`));
    };

    if (outcome.kind === 'never-placed') {
      delete task.NodeID;
      state.setTask(task, 'pending', 'pending task scheduling', {
        Err: 'no suitable node (scheduling constraints not satisfied on 1 node)',
      });
      return;
    }
    state.setTask(task, 'preparing', 'preparing');
    const pullMs = outcome.kind === 'good' ? outcome.pullMs : undefined;
    later(task, pullMs ?? durations.prepareMs, () => {
      if (outcome.kind === 'cannot-pull') {
        state.setTask(task, 'rejected', 'preparing', { Err: `No such image: ${image}` });
        over();
        return;
      }
      state.setTask(task, 'starting', 'starting', { ContainerStatus: container(0) });
      if (outcome.kind === 'unhealthy') {
        const code = outcome.exitCode ?? 137;
        const error = `task: non-zero exit (${code}): dockerexec: unhealthy container`;
        later(task, outcome.afterMs ?? 3000, () => exit(code, error));
        return;
      }
      const startMs =
        outcome.kind === 'good' ? (outcome.startMs ?? durations.startMs) : durations.startMs;
      later(task, startMs, run);
    });
  };

  return {
    begin,
    stop(task, stopped) {
      if (!isLive(task)) {
        stopped?.();
        return;
      }
      task.DesiredState = 'shutdown';
      clock.after(durations.stopMs, () => {
        state.setTask(task, 'shutdown', 'shutdown');
        stopped?.();
      });
    },
  };
};
