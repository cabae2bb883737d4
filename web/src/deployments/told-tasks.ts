import type { ToldTask } from '../../../src/core/task-news.ts';
import type { StepView } from '../../../src/core/views.ts';

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

/** The tasks that the steps `tasks` tell of, each as it was last seen, by node and slot. */
export const toldTasks = (steps: readonly StepView[]): readonly ToldTask[] => {
  const found = new Map<string, ToldTask>();
  for (const { step, detail } of steps) {
    const tasks = step === 'tasks' ? detail['tasks'] : [];
    for (const task of Array.isArray(tasks) ? tasks.flatMap(toTask) : []) found.set(task.id, task);
  }
  return [...found.values()].toSorted(
    (a, b) => (a.node ?? '').localeCompare(b.node ?? '') || (a.slot ?? 0) - (b.slot ?? 0),
  );
};
