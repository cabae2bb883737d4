import { parseImageReference } from '../../../core/image/image-reference.ts';
import type {
  Service,
  ServiceMode,
  UpdatePolicy,
  UpdateState,
} from '../../../core/swarm/service.ts';
import type { EngineService } from './engine-answers.ts';
import { toPlatform } from './engine-platform.ts';
import { type SpecParts, specFingerprint } from './spec-fingerprint.ts';

/** The engine uses nanoseconds. */
const NS_PER_MS = 1_000_000;
const STACK_LABEL = 'com.docker.stack.namespace';
const AUTOREDEPLOY_LABEL = 'swarmpit.service.deployment.autoredeploy';
/** Swarmkit's defaults for an absent update configuration: api/defaults of moby/swarmkit. */
const DEFAULT_PARALLELISM = 1;
const DEFAULT_MONITOR_MS = 5000;
/** The engine's defaults for an absent Interval, Timeout and Retries of a health check. */
const DEFAULT_HEALTH_MS = 30_000;
const DEFAULT_HEALTH_RETRIES = 3;

const UPDATE_STATES: ReadonlySet<string> = new Set<UpdateState>([
  'updating',
  'paused',
  'completed',
  'rollback_started',
  'rollback_paused',
  'rollback_completed',
]);

/** Whether a text is one of Docker's update states. */
export const isUpdateState = (state: string): state is UpdateState => UPDATE_STATES.has(state);

const modeOf = ({ Spec: { Mode } }: EngineService): ServiceMode => {
  if (Mode?.ReplicatedJob) return 'replicated-job';
  if (Mode?.GlobalJob) return 'global-job';
  return Mode?.Global ? 'global' : 'replicated';
};

const policyOf = ({ Spec: { UpdateConfig: config } }: EngineService): UpdatePolicy => ({
  parallelism: config ? (config.Parallelism ?? 0) : DEFAULT_PARALLELISM,
  delayMs: (config?.Delay ?? 0) / NS_PER_MS,
  monitorMs: config?.Monitor ? config.Monitor / NS_PER_MS : DEFAULT_MONITOR_MS,
  failureAction:
    config?.FailureAction === 'continue' || config?.FailureAction === 'rollback'
      ? config.FailureAction
      : 'pause',
  order: config?.Order === 'start-first' ? 'start-first' : 'stop-first',
});

const healthGraceOf = ({ Spec }: EngineService): number => {
  const check = Spec.TaskTemplate.ContainerSpec?.Healthcheck;
  if (!check || check.Test?.[0] === 'NONE') return 0;
  const interval = check.Interval ? check.Interval / NS_PER_MS : DEFAULT_HEALTH_MS;
  const timeout = check.Timeout ? check.Timeout / NS_PER_MS : DEFAULT_HEALTH_MS;
  const retries = check.Retries || DEFAULT_HEALTH_RETRIES;
  return (check.StartPeriod ?? 0) / NS_PER_MS + (interval + timeout) * retries;
};

/**
 * Tasks that the spec asks for, if it says so: replicas of a replicated service, completions of a job. A job without
 * a number of completions has as many as may run at one time; without that, one (ServiceSpec of the Engine API).
 */
const replicasInSpec = ({ Spec: { Mode } }: EngineService): number | null => {
  if (Mode?.ReplicatedJob) {
    return Mode.ReplicatedJob.TotalCompletions ?? Mode.ReplicatedJob.MaxConcurrent ?? 1;
  }
  return Mode?.Replicated ? (Mode.Replicated.Replicas ?? 0) : null;
};

/** The engine counts only on request, because listing then takes half as long again. */
const replicasOf = ({ ServiceStatus: status }: EngineService): Service['replicas'] => {
  const { RunningTasks: running, DesiredTasks: desired } = status ?? {};
  // Go omits nothing here, so a missing field was not counted.
  return running === undefined || desired === undefined ? null : { running, desired };
};

const updateOf = ({
  UpdateStatus: status,
  PreviousSpec: previous,
}: EngineService): Service['update'] => {
  if (status?.State === undefined || !isUpdateState(status.State)) return null;
  // An automatic engine rollback drops the previous spec. One that a person requests swaps the two.
  const by = previous ? 'person' : 'engine';
  return {
    state: status.State,
    message: status.Message ?? '',
    startedAt: status.StartedAt ?? null,
    rolledBackBy: status.State.startsWith('rollback_') ? by : null,
  };
};

/**
 * The service in the form shared by all kinds of clusters; null if it runs no containers. `spec` is its spec exactly
 * as received, for values computed from all of it. `parse` may have the image cached.
 */
export const toService = (
  read: EngineService,
  spec: SpecParts,
  parse = parseImageReference,
): Service | null => {
  const imageText = read.Spec.TaskTemplate.ContainerSpec?.Image;
  if (imageText === undefined) return null;
  const labels = read.Spec.Labels ?? {};
  let fingerprint: string | null = null;
  return {
    id: read.ID,
    name: read.Spec.Name,
    stack: labels[STACK_LABEL] ?? null,
    mode: modeOf(read),
    imageText,
    image: parse(imageText),
    version: read.Version.Index,
    forceUpdate: read.Spec.TaskTemplate.ForceUpdate ?? 0,
    labels,
    containerLabels: read.Spec.TaskTemplate.ContainerSpec?.Labels ?? {},
    autoredeploy: labels[AUTOREDEPLOY_LABEL] === 'true',
    platforms: (read.Spec.TaskTemplate.Placement?.Platforms ?? []).map(toPlatform),
    constraints: read.Spec.TaskTemplate.Placement?.Constraints ?? [],
    specReplicas: replicasInSpec(read),
    replicas: replicasOf(read),
    update: updateOf(read),
    updatePolicy: policyOf(read),
    healthGraceMs: healthGraceOf(read),
    specFingerprint: () => {
      fingerprint ??= specFingerprint(spec);
      return fingerprint;
    },
    // An engine gets a digest instead: restoring the whole spec would undo changes by others.
    hasPrevious: null,
    createdAt: read.CreatedAt,
    updatedAt: read.UpdatedAt,
  };
};
