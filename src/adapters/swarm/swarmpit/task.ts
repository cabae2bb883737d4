import { parseDigest } from '../../../core/image/digest.ts';
import type { Node, ServiceMode, Task, TaskState } from '../../../core/swarm/service.ts';
import { toPlatform } from '../engine/engine-platform.ts';
import { taskState } from '../engine/engine-task.ts';
import type { SwarmpitNode, SwarmpitTask } from './answers.ts';

/**
 * `web.3` is the task in slot 3 of `web`. The name of a global task ends with its node; a job's task has only its id.
 */
const slotOf = ({ taskName, serviceName }: SwarmpitTask): number | null => {
  const prefix = `${serviceName ?? ''}.`;
  const slot = taskName?.startsWith(prefix) ? taskName.slice(prefix.length) : '';
  return /^\d{1,9}$/.test(slot) ? Number(slot) : null;
};

/** Swarmpit reports only the engine's sentence, such as `task: non-zero exit (137)`. */
const exitCodeOf = (state: TaskState, error: string): number | null => {
  if (state === 'complete') return 0;
  const code = /non-zero exit \((\d{1,10})\)/.exec(error)?.[1];
  return code === undefined ? null : Number(code);
};

/** Swarmpit reports neither a task's container, nor its spec, nor a job's iteration. */
export const toTask = (read: SwarmpitTask, serviceId: string): Task => {
  const error = read.status?.error ?? '';
  const state = taskState(read.state);
  return {
    id: read.id,
    serviceId,
    slot: slotOf(read),
    // Early versions give the node's name but not its id.
    nodeId: read.nodeId ?? read.nodeName ?? null,
    desired: taskState(read.desiredState),
    state,
    digest: parseDigest(read.repository.imageDigest ?? ''),
    error: error || null,
    exitCode: exitCodeOf(state, error),
    containerId: null,
    since: read.updatedAt,
    createdAt: read.createdAt,
    jobIteration: null,
  };
};

export const toNode = (read: SwarmpitNode): Node => {
  const { state, availability } = read;
  return {
    id: read.id,
    hostname: read.nodeName ?? read.id,
    state: state === 'ready' || state === 'down' || state === 'disconnected' ? state : 'unknown',
    availability: availability === 'pause' || availability === 'drain' ? availability : 'active',
    platform: read.arch ? toPlatform({ Architecture: read.arch, OS: read.os ?? '' }) : null,
    role: null,
    labels: {},
    engineLabels: {},
    changedAt: null,
  };
};

const MODES: Readonly<Record<string, ServiceMode>> = {
  replicated: 'replicated',
  global: 'global',
  replicatedjob: 'replicated-job',
  globaljob: 'global-job',
};

export const modeOf = (told: string): ServiceMode => MODES[told] ?? 'replicated';
