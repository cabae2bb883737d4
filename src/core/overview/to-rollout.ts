import type { RolloutView } from '../contract/overview.ts';
import type { DeploymentView, OpenState } from '../contract/views.ts';
import { numberOf } from '../story/step-detail.ts';
import { toldTasks } from '../story/told-tasks.ts';
import { TASK_STATES } from '../swarm/service.ts';

const RUNNING = TASK_STATES.indexOf('running');

/** Whether the task was created and does not run yet. */
const isStarting = (state: string): boolean => {
  const place = TASK_STATES.findIndex((one) => one === state);
  return place >= 0 && place < RUNNING;
};

/**
 * How far an open deployment is, according to its newest steps.
 *
 * @param dueAt for a queued one that waits: when it is due, ms since the epoch; else null
 */
export const toRollout = (
  deployment: DeploymentView & { readonly state: OpenState },
  dueAt: number | null,
): RolloutView => {
  const { id, cluster, service, toTag, state, queuedAt, startedAt, steps } = deployment;
  const progress = steps.findLast(({ step }) => step === 'progress')?.detail ?? {};
  const running = numberOf(progress, 'running');
  const desired = numberOf(progress, 'desired');
  const starting = toldTasks(deployment).filter((task) => isStarting(task.state)).length;
  return {
    id,
    cluster,
    service,
    toTag,
    state,
    queuedAt,
    startedAt,
    dueAt: state === 'queued' && dueAt !== null ? new Date(dueAt).toISOString() : null,
    running,
    desired,
    // More run than desired while a service is scaled down.
    starting:
      desired === null ? starting : Math.max(0, Math.min(starting, desired - (running ?? 0))),
    pullingSince: deployment.pullingSince,
    isGoingBack:
      progress['rollingBack'] === true || steps.some(({ step }) => step === 'taking-back'),
  };
};
