import type { EngineService, EngineTask, ServiceSpec } from './fake-engine-spec.ts';

/** Swarmpit cuts an image at its last colon, also where that is the one of a port. */
export const splitImage = (image: string): { name: string; tag: string } => {
  const text = image.split('@')[0] ?? '';
  const colon = text.lastIndexOf(':');
  return colon === -1
    ? { name: text, tag: '' }
    : { name: text.slice(0, colon), tag: text.slice(colon + 1) };
};

const modeOf = ({ Mode }: ServiceSpec): string => {
  if (Mode?.Global !== undefined) return 'global';
  if (Mode?.ReplicatedJob !== undefined) return 'replicatedjob';
  return Mode?.GlobalJob === undefined ? 'replicated' : 'globaljob';
};

const AUTOREDEPLOY = 'swarmpit.service.deployment.autoredeploy';

const updateConfig = (config: ServiceSpec['UpdateConfig']) => ({
  parallelism: config?.Parallelism ?? 1,
  delay: (config?.Delay ?? 0) / 1_000_000_000,
  order: config?.Order ?? 'stop-first',
  failureAction: config?.FailureAction ?? 'pause',
});

/** A service as Swarmpit tells it; absent values are null, and labels of Swarmpit and Docker are left out. */
export const toSwarmpit = (service: EngineService, tasks: readonly EngineTask[]) => {
  const { Spec } = service;
  const image = Spec.TaskTemplate.ContainerSpec.Image;
  const { name, tag } = splitImage(image);
  const wanted = tasks.filter(
    (task) => task.ServiceID === service.ID && task.DesiredState === 'running',
  );
  const running = wanted.filter((task) => task.Status.State === 'running').length;
  const replicas = Spec.Mode?.Replicated?.Replicas ?? null;
  const total = replicas ?? wanted.length;
  const state = running === 0 ? 'not running' : running < total ? 'partly running' : 'running';
  return {
    id: service.ID,
    version: service.Version.Index,
    createdAt: service.CreatedAt,
    updatedAt: service.UpdatedAt,
    repository: {
      name,
      tag,
      image: image.split('@')[0] ?? '',
      imageDigest: image.split('@')[1] ?? null,
    },
    serviceName: Spec.Name,
    mode: modeOf(Spec),
    stack: Spec.Labels?.['com.docker.stack.namespace'] ?? null,
    agent: false,
    immutable: false,
    links: [],
    replicas,
    state,
    status: {
      tasks: { running, total },
      update: service.UpdateStatus?.State ?? null,
      message: service.UpdateStatus?.Message ?? null,
    },
    ports: [],
    mounts: [],
    networks: [],
    secrets: [],
    configs: [],
    variables: (Spec.TaskTemplate.ContainerSpec.Env ?? []).map((line) => {
      const [key, ...value] = line.split('=');
      return { name: key, value: value.join('=') };
    }),
    labels: Object.entries(Spec.Labels ?? {})
      .filter(([key]) => !key.startsWith('swarmpit') && !key.startsWith('com.docker'))
      .map(([key, value]) => ({ name: key, value })),
    containerLabels: [],
    command: null,
    logdriver: { name: null, opts: [] },
    resources: { reservation: { cpu: 0, memory: 0 }, limit: { cpu: 0, memory: 0 } },
    deployment: {
      update: updateConfig(Spec.UpdateConfig),
      forceUpdate: Spec.TaskTemplate.ForceUpdate ?? null,
      restartPolicy: { condition: 'any', delay: 5, window: 0, attempts: 0 },
      rollback: updateConfig(Spec.RollbackConfig),
      rollbackAllowed: service.PreviousSpec !== undefined,
      autoredeploy:
        Spec.Labels?.[AUTOREDEPLOY] === undefined ? null : Spec.Labels[AUTOREDEPLOY] === 'true',
      placement: [],
    },
  };
};
