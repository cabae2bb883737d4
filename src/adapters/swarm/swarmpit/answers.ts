import { z } from 'zod';

// Only the fields in use. Swarmpit writes absent values as null.

const optionalText = z.string().nullish();

const labels = z.array(z.object({ name: z.string(), value: optionalText.catch(null) })).nullish();

const seconds = z.number().nullish();

export const swarmpitService = z.object({
  id: z.string(),
  version: z.number(),
  createdAt: optionalText,
  updatedAt: optionalText,
  serviceName: z.string(),
  mode: z.string(),
  stack: optionalText,
  /** Swarmpit splits `name` and `tag` at the last colon, which may belong to a port, so `image` is parsed instead. */
  repository: z.object({ image: optionalText, imageDigest: optionalText }),
  status: z
    .object({
      tasks: z.object({ running: z.number().nullish(), total: z.number().nullish() }).nullish(),
      update: optionalText,
      message: optionalText,
    })
    .nullish(),
  labels,
  // Only reported to people if wrong; nothing else depends on it.
  containerLabels: labels.catch(null),
  healthcheck: z
    .object({
      test: z.array(z.string()).nullish(),
      interval: seconds,
      timeout: seconds,
      retries: z.number().nullish(),
    })
    .nullish()
    .catch(null),
  deployment: z
    .object({
      update: z
        .object({
          parallelism: z.number(),
          delay: z.number(),
          order: z.enum(['stop-first', 'start-first']),
          failureAction: z.enum(['pause', 'continue', 'rollback']),
        })
        .nullish()
        .catch(null),
      forceUpdate: z.number().nullish(),
      autoredeploy: z.union([z.boolean(), z.string()]).nullish(),
      rollbackAllowed: z.boolean().nullish(),
    })
    .nullish(),
});
export type SwarmpitService = z.infer<typeof swarmpitService>;

export const swarmpitTask = z.object({
  id: z.string(),
  taskName: optionalText,
  /** The service's id if the service no longer exists. */
  serviceName: optionalText,
  createdAt: z.string(),
  updatedAt: z.string(),
  repository: z.object({ imageDigest: optionalText }),
  state: z.string(),
  desiredState: z.string(),
  status: z.object({ error: optionalText }).nullish(),
  nodeId: optionalText,
  nodeName: optionalText,
});
export type SwarmpitTask = z.infer<typeof swarmpitTask>;

export const swarmpitNode = z.object({
  id: z.string(),
  nodeName: optionalText,
  state: optionalText,
  availability: optionalText,
  arch: optionalText,
  os: optionalText,
});
export type SwarmpitNode = z.infer<typeof swarmpitNode>;

export const swarmpitLog = z.array(z.object({ line: optionalText, task: optionalText }));

export const swarmpitVersion = z.object({
  name: z.string(),
  version: z.string(),
  initialized: z.boolean().nullish(),
  docker: z.object({ engine: optionalText }).nullish(),
});

export const swarmpitError = z.object({ error: z.string().nullish() });
