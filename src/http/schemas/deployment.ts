import { z } from 'zod';
import { CAUSES } from '../../core/plan.ts';
import { DEPLOYMENT_STATES, type DeploymentView } from '../../core/views.ts';
import { BuildSchema, time } from './service.ts';

export const DeploymentSchema: z.ZodType<DeploymentView> = z
  .object({
    id: z.string(),
    cluster: z.string(),
    service: z.object({ id: z.string(), name: z.string() }),
    image: z.string(),
    from: z.string().nullable(),
    to: z.string().nullable(),
    cause: z.enum(CAUSES),
    state: z.enum(DEPLOYMENT_STATES),
    reason: z.string().nullable(),
    triggers: z.array(
      z.discriminatedUnion('kind', [
        z.object({ kind: z.literal('hook'), delivery: z.string() }),
        z.object({ kind: z.literal('smart-redeploy'), run: z.string() }),
        z.object({ kind: z.literal('schedule'), run: z.string() }),
        z.object({ kind: z.literal('person'), actor: z.string() }),
      ]),
    ),
    triggerCount: z
      .number()
      .int()
      .describe(
        'How many triggers there were: `triggers` holds the first and the newest of each kind.',
      ),
    queuedAt: time,
    startedAt: time.nullable(),
    endedAt: time.nullable(),
    steps: z.array(
      z.object({ at: time, step: z.string(), detail: z.record(z.string(), z.unknown()) }),
    ),
    failure: z
      .object({
        message: z.string(),
        node: z.string().nullable().describe('Id of the node of the failing task.'),
        nodeName: z.string().nullable().describe('Its host name, where it is known.'),
        exitCode: z.int().nullable(),
        log: z.array(z.string()).describe('Empty for anyone but operators.'),
      })
      .nullable(),
    build: BuildSchema,
    changes: z
      .array(
        z.object({ path: z.string(), before: z.string().nullable(), after: z.string().nullable() }),
      )
      .nullable()
      .describe('What its update changed in the spec, environment values masked.'),
  })
  .meta({ id: 'Deployment' });
