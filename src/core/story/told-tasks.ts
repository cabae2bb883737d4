import { TASK_STATES, type TaskState } from '../swarm/service.ts';
import type { DeploymentView } from '../contract/views.ts';
import type { ToldTask } from './task-news.ts';
import { wentBack } from './went-back.ts';

const text = (value: unknown): string | null => (typeof value === 'string' ? value : null);

const toTask = (value: unknown): ToldTask[] => {
  if (typeof value !== 'object' || value === null) return [];
  const fields: Readonly<Record<string, unknown>> = { ...value };
  const id = text(fields['id']);
  const slot = fields['slot'];
  if (id === null) return [];
  return [
    {
      id,
      node: text(fields['node']),
      slot: typeof slot === 'number' ? slot : null,
      state: text(fields['state']) ?? 'unknown',
      error: text(fields['error']),
      digest: text(fields['digest']),
    },
  ];
};

/** A task that has not ended, or whose end nobody saw. */
const isLive = (state: string): boolean => {
  const place = TASK_STATES.indexOf(state as TaskState);
  return place >= 0 && place <= TASK_STATES.indexOf('running');
};

/**
 * The tasks in the steps `tasks`, each as last seen, by node and slot. Once a service went back, the tasks of the
 * abandoned image are no longer followed: the live ones become `replaced`.
 */
export const toldTasks = (
  deployment: Pick<DeploymentView, 'state' | 'from' | 'steps'>,
): readonly ToldTask[] => {
  const found = new Map<string, ToldTask>();
  for (const { step, detail } of deployment.steps) {
    const tasks = step === 'tasks' ? detail['tasks'] : [];
    for (const task of Array.isArray(tasks) ? tasks.flatMap(toTask) : []) found.set(task.id, task);
  }
  const back = wentBack(deployment)?.to ?? null;
  const asSeen = (task: ToldTask): ToldTask =>
    back !== null && task.digest !== back && isLive(task.state)
      ? { ...task, state: 'replaced' }
      : task;
  return [...found.values()]
    .map(asSeen)
    .toSorted(
      (a, b) => (a.node ?? '').localeCompare(b.node ?? '') || (a.slot ?? 0) - (b.slot ?? 0),
    );
};
