/** A short description of a service to create. Omitted fields have the defaults of the docker command line. */
export type ServiceRequest = {
  readonly name: string;
  /** As in the spec. A service that the docker command would pin has `@digest`. */
  readonly image: string;
  /** Default: 1. */
  readonly replicas?: number;
  readonly mode?: 'replicated' | 'global';
  readonly labels?: Readonly<Record<string, string>>;
  readonly env?: readonly string[];
  readonly command?: readonly string[];
  readonly failureAction?: 'pause' | 'continue' | 'rollback';
  readonly order?: 'stop-first' | 'start-first';
  /** How long the engine watches a new task for failure. The default here is 1 s, so that tests are short. */
  readonly monitorMs?: number;
  readonly delayMs?: number;
  readonly parallelism?: number;
  /** Default: `any` after 200 ms. */
  readonly restart?: {
    readonly condition: 'any' | 'none' | 'on-failure';
    readonly attempts?: number;
  };
  /** Default: the engine's own network. It and this machine can reach each other. */
  readonly network?: 'host' | 'none' | (string & {});
  readonly constraints?: readonly string[];
  /** Memory limit of a task. */
  readonly memoryBytes?: number;
  /** Merged over the top level of the spec. */
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly containerSpec?: Readonly<Record<string, unknown>>;
};

const MS_IN_NS = 1_000_000;
const MONITOR_MS = 1000;
const RESTART_DELAY_MS = 200;

/** The body of `POST /services/create`. */
export const serviceSpec = (request: ServiceRequest): Readonly<Record<string, unknown>> => {
  const { restart } = request;
  const updateConfig = {
    Parallelism: request.parallelism ?? 1,
    FailureAction: request.failureAction ?? 'pause',
    Monitor: (request.monitorMs ?? MONITOR_MS) * MS_IN_NS,
    Delay: (request.delayMs ?? 0) * MS_IN_NS,
    MaxFailureRatio: 0,
    Order: request.order ?? 'stop-first',
  };
  return {
    Name: request.name,
    Labels: request.labels ?? {},
    TaskTemplate: {
      ContainerSpec: {
        Image: request.image,
        ...(request.env === undefined ? {} : { Env: request.env }),
        ...(request.command === undefined ? {} : { Command: request.command }),
        ...request.containerSpec,
      },
      RestartPolicy: {
        Condition: restart?.condition ?? 'any',
        Delay: RESTART_DELAY_MS * MS_IN_NS,
        MaxAttempts: restart?.attempts ?? 0,
      },
      ...(request.memoryBytes === undefined
        ? {}
        : { Resources: { Limits: { MemoryBytes: request.memoryBytes } } }),
      Placement: { Constraints: request.constraints ?? [] },
      Networks: [{ Target: request.network ?? 'host' }],
      ForceUpdate: 0,
    },
    Mode:
      request.mode === 'global'
        ? { Global: {} }
        : { Replicated: { Replicas: request.replicas ?? 1 } },
    UpdateConfig: updateConfig,
    RollbackConfig: { ...updateConfig, FailureAction: 'pause' },
    EndpointSpec: { Mode: 'dnsrr' },
    ...request.spec,
  };
};
