import type { ServiceView } from '../../../src/core/contract/views.ts';

/** Which tasks an update replaces: `All 3 tasks`. */
export const tasksWords = ({ replicas, mode }: ServiceView): string => {
  if (replicas === null) return 'All its tasks';
  if (mode === 'global') return `Its tasks, one on each of ${replicas.desired} nodes,`;
  return replicas.desired === 1 ? 'Its one task' : `All ${replicas.desired} tasks`;
};
