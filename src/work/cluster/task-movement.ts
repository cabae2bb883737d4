import { type Observation, TASK_STATES, type Task } from '../../core/swarm/service.ts';

/** Whether an update is restarting tasks, by one observation. */
export type Movement = {
  /** Running, desired tasks of the present spec. */
  readonly running: number;
  /** Changes whenever a task is created, changes its state or disappears. */
  readonly picture: string;
  /**
   * `busy`: a node pulls, starts or stops a task. `stalled`: a task waits for a node. `still`: neither, as between
   * two tasks of an update with a delay, or in the monitor period.
   */
  readonly now: 'busy' | 'stalled' | 'still';
};

const RUNNING = TASK_STATES.indexOf('running');
const ASSIGNED = TASK_STATES.indexOf('assigned');

const isOver = ({ state }: Task): boolean => TASK_STATES.indexOf(state) > RUNNING;
const isWanted = ({ desired }: Task): boolean => TASK_STATES.indexOf(desired) <= RUNNING;
const isOnNode = ({ state }: Task): boolean => TASK_STATES.indexOf(state) >= ASSIGNED;

/** Uses the tasks, or the counts if the cluster lists no tasks. */
export const movementOf = ({ service, tasks }: Observation): Movement => {
  if (tasks === null) {
    const { running = 0, desired = 0 } = service.replicas ?? {};
    const now = running === desired ? 'still' : 'busy';
    return { running, picture: `${running}/${desired}`, now };
  }
  const live = tasks.filter((task) => !isOver(task));
  const present = service.image.ok ? service.image.image.digest : null;
  const running = live.filter(
    (task) => isWanted(task) && task.state === 'running' && task.digest === present,
  ).length;
  const changing = live.filter((task) => !isWanted(task) || task.state !== 'running');
  const isStill = changing.length === 0;
  return {
    running,
    picture: live
      .map(({ id, state, desired }) => `${id} ${state} ${desired}`)
      .toSorted()
      .join('\n'),
    now: isStill ? 'still' : changing.some(isOnNode) ? 'busy' : 'stalled',
  };
};
