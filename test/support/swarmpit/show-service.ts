import type { EngineService, EngineTask, ServiceSpec } from '../fake-engine/spec.ts';

/** Swarmpit splits an image at its last colon, even if that belongs to a port. */
export const splitImage = (image: string): { name: string; tag: string } => {
  const text = image.split('@')[0] ?? '';
  const colon = text.lastIndexOf(':');
  return colon === -1
    ? { name: text, tag: '' }
    : { name: text.slice(0, colon), tag: text.slice(colon + 1) };
};

export const modeOf = ({ Mode }: ServiceSpec): string => {
  if (Mode?.Global !== undefined) return 'global';
  if (Mode?.ReplicatedJob !== undefined) return 'replicatedjob';
  return Mode?.GlobalJob === undefined ? 'replicated' : 'globaljob';
};

const AUTOREDEPLOY = 'swarmpit.service.deployment.autoredeploy';

const seconds = (nanoseconds: unknown): number => Number(nanoseconds ?? 0) / 1_000_000_000;

const updateConfig = (config: ServiceSpec['UpdateConfig']) => ({
  parallelism: config?.Parallelism ?? 1,
  delay: seconds(config?.Delay),
  order: config?.Order ?? 'stop-first',
  failureAction: config?.FailureAction ?? 'pause',
});

/** Swarmpit reads a key as a keyword, which loses the part before a slash. */
const labels = (told: Readonly<Record<string, string>> | undefined, hidden: RegExp) =>
  Object.entries(told ?? {})
    .map(([key, value]) => ({ name: key.slice(key.lastIndexOf('/') + 1), value }))
    .filter(({ name }) => !hidden.test(name));

const healthcheck = (check: Record<string, unknown> | undefined) =>
  check === undefined
    ? null
    : {
        test: check['Test'] ?? null,
        interval: seconds(check['Interval']),
        timeout: seconds(check['Timeout']),
        retries: check['Retries'] ?? null,
      };

const stateOf = (running: number, total: number): string => {
  if (running === 0) return 'not running';
  return running === total ? 'running' : 'partly running';
};

const NO_RESOURCES = {
  reservation: { cpu: 0, memory: 0 },
  limit: { cpu: 0, memory: 0 },
};

/** A service in Swarmpit's answers, the same in the list and alone. Missing values are null. */
export const showService = (service: EngineService, tasks: readonly EngineTask[]) => {
  const { Spec } = service;
  const { ContainerSpec: container, ForceUpdate, RestartPolicy } = Spec.TaskTemplate;
  const [image = '', imageDigest = null] = container.Image.split('@');
  const own = tasks.filter((task) => task.ServiceID === service.ID);
  const running = own.filter(
    (task) => task.DesiredState === 'running' && task.Status.State === 'running',
  ).length;
  const mode = modeOf(Spec);
  const replicas = Spec.Mode?.Replicated?.Replicas ?? null;
  // For a job, this counts every task that was not shut down, including those of earlier executions.
  const notShutDown = own.filter((task) => task.DesiredState !== 'shutdown').length;
  const total = mode === 'replicated' ? (replicas ?? 0) : notShutDown;
  return {
    id: service.ID,
    version: service.Version.Index,
    createdAt: service.CreatedAt,
    updatedAt: service.UpdatedAt,
    repository: { ...splitImage(container.Image), image, imageDigest },
    serviceName: Spec.Name,
    mode,
    stack: Spec.Labels?.['com.docker.stack.namespace'] ?? null,
    agent: Spec.Labels?.['swarmpit.agent'] === undefined ? null : true,
    immutable: Spec.Labels?.['swarmpit.service.immutable'] === undefined ? null : true,
    links: [],
    replicas,
    state: stateOf(running, total),
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
    hosts: [],
    variables: (container.Env ?? []).map((line) => {
      const [key, ...value] = line.split('=');
      return { name: key, value: value.join('=') };
    }),
    labels: labels(Spec.Labels, /^(?:swarmpit|com\.docker)/),
    containerLabels: labels(container.Labels, /^com\.docker/),
    command: container['Args'] ?? null,
    user: container['User'] ?? null,
    dir: container['Dir'] ?? null,
    tty: container['TTY'] ?? null,
    healthcheck: healthcheck(container.Healthcheck),
    logdriver: { name: 'json-file', opts: [] },
    resources: NO_RESOURCES,
    deployment: {
      update: updateConfig(Spec.UpdateConfig),
      forceUpdate: ForceUpdate ?? null,
      restartPolicy: {
        condition: RestartPolicy?.Condition ?? 'any',
        delay: seconds(RestartPolicy?.Delay ?? 5_000_000_000),
        window: 0,
        attempts: RestartPolicy?.MaxAttempts ?? 0,
      },
      rollback: updateConfig(Spec.RollbackConfig),
      rollbackAllowed: service.PreviousSpec !== undefined,
      autoredeploy: Spec.Labels?.[AUTOREDEPLOY] === 'true',
      placement: [],
    },
  };
};
