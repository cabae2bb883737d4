import { z } from 'zod';
import {
  CLUSTER_OUTCOMES,
  OUTCOME_STATES,
  type OutcomeView,
  SERVICE_OUTCOMES,
} from '../../core/outcome/outcome.ts';
import { parseDuration } from '../../core/duration.ts';
import { DEPLOYMENT_STATES } from '../../core/contract/views.ts';
import { LIMITS } from '../ports/limits.ts';
import { filterText, givenTime } from './list.ts';
import { time } from './service.ts';

const LONGEST_IMAGE = 512;
const MOST_CLUSTERS = 50;

/** `30s`, or `0` for no wait. A longer time is reduced to the maximum. */
const wait = z
  .string()
  .refine((text) => text === '0' || parseDuration(text) !== null, {
    error: 'expected a duration such as 30s, at most 60s',
  })
  .transform((text) => Math.min(parseDuration(text) ?? 0, LIMITS.outcomeWait));

const name = z.string().min(1).max(255);

export const OutcomeQuery = z.strictObject({
  image: z
    .string()
    .min(1)
    .max(LONGEST_IMAGE)
    .optional()
    .describe('Repository and tag that were pushed, such as `docker.io/acme/app:v1`.'),
  digest: z
    .string()
    .min(1)
    .max(LONGEST_IMAGE)
    .optional()
    .describe(
      'Digest that was pushed. Without it the newest push of the last 15 minutes, or the next one.',
    ),
  delivery: filterText.describe('Id of a delivery, instead of the image.'),
  cluster: z
    .union([name, z.array(name).max(MOST_CLUSTERS)])
    .optional()
    .describe('Only this cluster; can be repeated.'),
  wait: wait
    .optional()
    .describe('How long to wait for the end, at most `60s`. Default: do not wait.'),
  known: filterText.describe(
    '`version` of the last answer: then any other answer is given at once, and not only an end.',
  ),
  since: givenTime
    .optional()
    .describe('`since` of the first answer, so that later questions are about the same pushes.'),
});
export type OutcomeQuery = z.infer<typeof OutcomeQuery>;

export const OutcomeSchema: z.ZodType<OutcomeView> = z
  .object({
    state: z.enum(OUTCOME_STATES),
    reason: z.string().nullable(),
    services: z.array(
      z.object({
        cluster: z.string(),
        service: z.string(),
        state: z.enum(SERVICE_OUTCOMES),
        reason: z.string().nullable(),
        detail: z.string().exactOptional(),
        deployment: z.string().exactOptional(),
        nextTryAt: time.exactOptional(),
      }),
    ),
    deployments: z.array(
      z.object({
        id: z.string(),
        cluster: z.string(),
        service: z.string(),
        image: z.string(),
        from: z.string().nullable(),
        to: z.string().nullable(),
        fromTag: z.string(),
        toTag: z.string(),
        state: z.enum(DEPLOYMENT_STATES),
        reason: z.string().nullable(),
        failure: z
          .object({
            message: z.string(),
            exitCode: z.int().nullable(),
            log: z
              .array(z.string())
              .describe('Empty for viewers, and for hook secrets without `logs: true`.'),
          })
          .exactOptional(),
      }),
    ),
    gates: z.array(
      z.object({
        cluster: z.string(),
        service: z.string(),
        gate: z.string(),
        since: z.string().nullable(),
        until: z.string().nullable(),
        detail: z.string(),
      }),
    ),
    clusters: z.array(
      z.object({
        cluster: z.string(),
        state: z.enum(CLUSTER_OUTCOMES),
        reason: z.string().nullable(),
        detail: z.string().exactOptional(),
      }),
    ),
    deliveries: z.array(z.string()),
    since: time,
    version: z.string(),
  })
  .meta({ id: 'Outcome' });
