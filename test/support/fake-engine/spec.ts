import type { TaskState } from '../../../src/core/swarm/service.ts';

// The parts of the Engine API that matter to the fake engine. It keeps all other parts of a spec unchanged.

export type ContainerSpec = {
  Image: string;
  Labels?: Record<string, string>;
  Env?: string[];
  Healthcheck?: Record<string, unknown>;
  [other: string]: unknown;
};

export type TaskTemplate = {
  ContainerSpec: ContainerSpec;
  Placement?: {
    Constraints?: string[];
    Platforms?: { Architecture?: string; OS?: string }[];
    MaxReplicas?: number;
    [other: string]: unknown;
  };
  RestartPolicy?: { Condition?: string; Delay?: number; MaxAttempts?: number };
  ForceUpdate?: number;
  [other: string]: unknown;
};

export type UpdateConfig = {
  Parallelism?: number;
  Delay?: number;
  Monitor?: number;
  FailureAction?: string;
  MaxFailureRatio?: number;
  Order?: string;
};

export type ServiceMode = {
  Replicated?: { Replicas?: number };
  Global?: Record<string, never>;
  ReplicatedJob?: { MaxConcurrent?: number; TotalCompletions?: number };
  GlobalJob?: Record<string, never>;
};

export type ServiceSpec = {
  Name: string;
  Labels?: Record<string, string>;
  TaskTemplate: TaskTemplate;
  Mode?: ServiceMode;
  UpdateConfig?: UpdateConfig;
  RollbackConfig?: UpdateConfig;
  [other: string]: unknown;
};

export type UpdateStatus = {
  State: string;
  StartedAt?: string;
  CompletedAt?: string;
  Message?: string;
};

export type EngineService = {
  ID: string;
  Version: { Index: number };
  CreatedAt: string;
  UpdatedAt: string;
  Spec: ServiceSpec;
  PreviousSpec?: ServiceSpec;
  Endpoint: Record<string, unknown>;
  UpdateStatus?: UpdateStatus;
  JobStatus?: { JobIteration: { Index: number }; LastExecution: string };
};

export type EngineTask = {
  ID: string;
  Version: { Index: number };
  CreatedAt: string;
  UpdatedAt: string;
  Labels: Record<string, string>;
  Spec: TaskTemplate;
  ServiceID: string;
  Slot?: number;
  NodeID?: string;
  Status: {
    Timestamp: string;
    State: TaskState;
    Message: string;
    Err?: string;
    ContainerStatus?: { ContainerID: string; PID: number; ExitCode: number };
  };
  DesiredState: TaskState;
  JobIteration?: { Index: number };
};

export type EngineNode = {
  ID: string;
  Version: { Index: number };
  CreatedAt: string;
  UpdatedAt: string;
  Spec: {
    Role: string;
    Availability: 'active' | 'pause' | 'drain';
    Labels?: Record<string, string>;
  };
  Description: { Hostname: string; Platform: { Architecture: string; OS: string } };
  Status: { State: 'ready' | 'down' | 'unknown' | 'disconnected'; Addr: string };
};

export const isJob = (spec: ServiceSpec): boolean =>
  spec.Mode?.ReplicatedJob !== undefined || spec.Mode?.GlobalJob !== undefined;

export const isGlobal = (spec: ServiceSpec): boolean =>
  spec.Mode?.Global !== undefined || spec.Mode?.GlobalJob !== undefined;

/** Slots of a replicated service or job. */
export const replicasOf = (spec: ServiceSpec): number =>
  spec.Mode?.ReplicatedJob?.TotalCompletions ??
  spec.Mode?.ReplicatedJob?.MaxConcurrent ??
  spec.Mode?.Replicated?.Replicas ??
  1;

/** The digest in an image reference, or the whole text if there is none. Outcomes use it as their key. */
export const digestOrText = (image: string): string => image.slice(image.indexOf('@') + 1);
