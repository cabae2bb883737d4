import { z } from 'zod';

// Only the fields in use are checked; the rest is ignored.

/** Counts and durations. `parseExactJson` keeps a number that is too large as text, and we ignore it. */
const count = z.number().optional().catch(undefined);
const text = z.string().optional();

const updateConfig = z
  .object({
    Parallelism: count,
    Delay: count,
    FailureAction: text,
    Monitor: count,
    Order: text,
  })
  .nullish();

const healthcheck = z
  .object({
    Test: z.array(z.string()).nullish(),
    Interval: count,
    Timeout: count,
    Retries: count,
    StartPeriod: count,
  })
  .nullish();

const present = z.object({}).nullish();

const platform = z.object({ Architecture: text, OS: text });
export type EnginePlatform = z.infer<typeof platform>;

const labels = z.record(z.string(), z.string()).nullish();

/** A service that runs containers. Services of plugins and attached networks have no `ContainerSpec`. */
export const engineService = z.object({
  ID: z.string(),
  Version: z.object({ Index: z.number() }),
  CreatedAt: z.string(),
  UpdatedAt: z.string(),
  Spec: z.object({
    Name: z.string(),
    Labels: labels,
    TaskTemplate: z.object({
      ContainerSpec: z
        .object({ Image: z.string(), Labels: labels, Healthcheck: healthcheck })
        .nullish(),
      ForceUpdate: count,
      Placement: z
        .object({
          Platforms: z.array(platform).nullish(),
          Constraints: z.array(z.string()).nullish(),
        })
        .nullish(),
    }),
    Mode: z
      .object({
        Replicated: z.object({ Replicas: count }).nullish(),
        Global: present,
        ReplicatedJob: z.object({ MaxConcurrent: count, TotalCompletions: count }).nullish(),
        GlobalJob: present,
      })
      .nullish(),
    UpdateConfig: updateConfig,
  }),
  UpdateStatus: z.object({ State: text, Message: text, StartedAt: text }).nullish(),
  PreviousSpec: present,
  // Only if the request asks for it, and the engine supports it.
  ServiceStatus: z.object({ RunningTasks: count, DesiredTasks: count }).nullish(),
});
export type EngineService = z.infer<typeof engineService>;

export const engineTask = z.object({
  ID: z.string(),
  ServiceID: z.string(),
  CreatedAt: z.string(),
  UpdatedAt: z.string(),
  Slot: count,
  NodeID: text,
  DesiredState: z.string(),
  Spec: z.object({ ContainerSpec: z.object({ Image: text }).nullish() }),
  Status: z.object({
    State: z.string(),
    Err: text,
    ContainerStatus: z.object({ ContainerID: text, ExitCode: count }).nullish(),
  }),
  // The engine omits the index while it is 0.
  JobIteration: z.object({ Index: count }).nullish(),
});
export type EngineTask = z.infer<typeof engineTask>;

export const engineNode = z.object({
  ID: z.string(),
  UpdatedAt: text,
  Spec: z.object({ Availability: text, Role: text, Labels: labels }),
  Description: z
    .object({
      Hostname: text,
      Platform: platform.nullish(),
      Engine: z.object({ Labels: labels }).nullish(),
    })
    .nullish(),
  Status: z.object({ State: text }).nullish(),
});
export type EngineNode = z.infer<typeof engineNode>;

export const engineInfo = z.object({
  Name: text,
  ServerVersion: text,
  Swarm: z
    .object({
      LocalNodeState: text,
      ControlAvailable: z.boolean().optional(),
      Error: text,
      RemoteManagers: z.array(z.object({ Addr: text })).nullish(),
      Cluster: z.object({ ID: text }).nullish(),
    })
    .nullish(),
});

export type EngineInfo = z.infer<typeof engineInfo>;

export const updateAnswer = z.object({ Warnings: z.array(z.string()).nullish() });

export const engineMessage = z.object({ message: z.string() });
