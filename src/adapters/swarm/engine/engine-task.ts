import { parseDigest } from '../../../core/image/digest.ts';
import { type Node, TASK_STATES, type Task, type TaskState } from '../../../core/swarm/service.ts';
import type { EngineNode, EngineTask } from './engine-answers.ts';
import { toPlatform } from './engine-platform.ts';

const isTaskState = (state: string): state is TaskState =>
  (TASK_STATES as readonly string[]).includes(state);

/** States with an ended container, whose exit code is meaningful. */
const ENDED: ReadonlySet<TaskState> = new Set<TaskState>(['complete', 'shutdown', 'failed']);

/** An unknown state of a newer engine counts as neither desired nor running, so nothing is concluded from it. */
export const taskState = (state: string): TaskState => (isTaskState(state) ? state : 'orphaned');

export const toTask = (read: EngineTask): Task => {
  const image = read.Spec.ContainerSpec?.Image ?? '';
  const container = read.Status.ContainerStatus;
  const containerId = container?.ContainerID || null;
  const state = taskState(read.Status.State);
  return {
    id: read.ID,
    serviceId: read.ServiceID,
    slot: read.Slot ?? null,
    nodeId: read.NodeID || null,
    desired: taskState(read.DesiredState),
    state,
    digest: image.includes('@') ? parseDigest(image.slice(image.indexOf('@') + 1)) : null,
    error: read.Status.Err || null,
    exitCode: containerId !== null && ENDED.has(state) ? (container?.ExitCode ?? 0) : null,
    containerId,
    since: read.UpdatedAt,
    createdAt: read.CreatedAt,
    jobIteration: read.JobIteration ? (read.JobIteration.Index ?? 0) : null,
  };
};

export const toNode = (read: EngineNode): Node => {
  const state = read.Status?.State;
  const platform = read.Description?.Platform;
  const availability = read.Spec.Availability;
  return {
    id: read.ID,
    hostname: read.Description?.Hostname ?? read.ID,
    state: state === 'ready' || state === 'down' || state === 'disconnected' ? state : 'unknown',
    availability: availability === 'pause' || availability === 'drain' ? availability : 'active',
    platform: platform ? toPlatform(platform) : null,
    role: read.Spec.Role === 'manager' || read.Spec.Role === 'worker' ? read.Spec.Role : null,
    labels: read.Spec.Labels ?? {},
    engineLabels: read.Description?.Engine?.Labels ?? {},
    changedAt: read.UpdatedAt ?? null,
  };
};
