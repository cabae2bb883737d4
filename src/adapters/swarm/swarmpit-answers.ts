import { z } from 'zod';

// As much of Swarmpit's answers as is used; absent values are null there.

const optionalText = z.string().nullish();

const labels = z.array(z.object({ name: z.string(), value: optionalText.catch(null) })).nullish();

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
  deployment: z
    .object({
      forceUpdate: z.number().nullish(),
      autoredeploy: z.union([z.boolean(), z.string()]).nullish(),
      rollbackAllowed: z.boolean().nullish(),
    })
    .nullish(),
});
export type SwarmpitService = z.infer<typeof swarmpitService>;

export const swarmpitVersion = z.object({
  name: z.string(),
  version: z.string(),
  initialized: z.boolean().nullish(),
  docker: z.object({ engine: optionalText }).nullish(),
});

export const swarmpitError = z.object({ error: z.string().nullish() });
