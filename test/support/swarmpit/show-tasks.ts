import type { EngineNode, EngineService, EngineTask } from '../fake-engine/spec.ts';
import { modeOf } from './show-service.ts';

/** `web.1` for a replica, `web.NODE` for a global task, and only its id for a task of a job. */
const nameOf = (task: EngineTask, service: EngineService | undefined): string => {
  if (service === undefined) return task.ID;
  const mode = modeOf(service.Spec);
  if (mode === 'replicated') return `${service.Spec.Name}.${task.Slot ?? ''}`;
  return mode === 'global' ? `${service.Spec.Name}.${task.NodeID ?? ''}` : task.ID;
};

/** A task in Swarmpit's answers: no slot, no exit code, no container, no health, no spec. */
export const showTask = (
  task: EngineTask,
  nodes: readonly EngineNode[],
  services: readonly EngineService[],
) => {
  const service = services.find(({ ID }) => ID === task.ServiceID);
  const node = nodes.find(({ ID }) => ID === task.NodeID);
  const [image, imageDigest = null] = task.Spec.ContainerSpec.Image.split('@');
  return {
    id: task.ID,
    taskName: nameOf(task, service),
    version: task.Version.Index,
    createdAt: task.CreatedAt,
    updatedAt: task.UpdatedAt,
    repository: { image, imageDigest },
    state: task.Status.State,
    status: { error: task.Status.Err ?? null },
    desiredState: task.DesiredState,
    logdriver: 'json-file',
    serviceName: service?.Spec.Name ?? task.ServiceID,
    resources: { reservation: { cpu: 0, memory: 0 }, limit: { cpu: 0, memory: 0 } },
    nodeId: task.NodeID ?? null,
    nodeName: node?.Description.Hostname ?? task.NodeID ?? null,
    stats: null,
  };
};

export const showNode = (node: EngineNode) => ({
  id: node.ID,
  version: node.Version.Index,
  nodeName: node.Description.Hostname,
  role: node.Spec.Role,
  availability: node.Spec.Availability,
  labels: [],
  state: node.Status.State,
  address: node.Status.Addr,
  engine: null,
  arch: node.Description.Platform.Architecture,
  os: node.Description.Platform.OS,
  resources: { cpu: 1, memory: 1024 },
  plugins: { networks: [], volumes: [] },
  leader: null,
  stats: null,
});

const TASK = /com\.docker\.swarm\.task\.id=([a-z0-9]+)/i;
const TIME = /(?:19|20)\d{2}[.:\-TZ0-9]* /;

/**
 * The log of a service: the engine's stream read as text, with lines split at spaces. What precedes the time in each
 * line, which is the engine's framing, is lost with the time.
 */
export const showLog = (stream: Buffer) =>
  stream
    .toString('utf8')
    .split(/\r?\n/)
    .flatMap((text) => {
      const task = TASK.exec(text)?.[1];
      if (task === undefined) return [];
      const timestamp = TIME.exec(text)?.[0].trim() ?? '';
      return [{ line: text.split(' ').slice(2).join(' '), timestamp, task }];
    })
    .toSorted((a, b) => (a.timestamp < b.timestamp ? -1 : Number(a.timestamp > b.timestamp)));

const SINCE_MINUTES: Readonly<Record<string, number>> = {
  '1m': 1,
  '15m': 15,
  '30m': 30,
  '60m': 60,
  '4h': 240,
  '8h': 480,
  '12h': 720,
  '24h': 1440,
};

/** Unix seconds for a timestamp or for one of the periods that Swarmpit's page offers; now for anything else. */
export const sinceOf = (since: string, now: number): number => {
  const at = /^\d{4}-/.test(since) ? Date.parse(since) : Number.NaN;
  return Math.floor((Number.isNaN(at) ? now - (SINCE_MINUTES[since] ?? 0) * 60_000 : at) / 1000);
};
