import { z } from 'zod';

// As much of Swarmpit's answers as is used; absent values are null there.

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
  /** `name` and `tag` are cut at the last colon, which may be that of a port: `image` is parsed instead. */
  repository: z.object({ image: optionalText, imageDigest: optionalText }),
  status: z
    .object({
      tasks: z.object({ running: z.number().nullish(), total: z.number().nullish() }).nullish(),
      update: optionalText,
      message: optionalText,
    })
    .nullish(),
  labels,
  // Of which a mistake is told, and on which nothing else depends.
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
  /** The service's id where it is no more. */
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
