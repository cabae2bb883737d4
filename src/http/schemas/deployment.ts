import { z } from 'zod';
import type { ForgeView } from '../../core/forge/forge-view.ts';
import { REPORT_STATES } from '../../core/forge/report.ts';
import { CAUSES } from '../../core/verdict/plan.ts';
import { DEPLOYMENT_STATES, type DeploymentView } from '../../core/contract/views.ts';
import { BuildSchema, time } from './service.ts';

const ForgeSchema: z.ZodType<ForgeView> = z.object({
  forge: z.string().describe('Host of the forge.'),
  repository: z.string(),
  commit: z.string(),
  environment: z.string(),
  state: z
    .enum(REPORT_STATES)
    .describe('The combined state of all services of that commit and environment.'),
  delivery: z
    .enum(['waiting', 'sent', 'failed'])
    .describe('Whether the forge knows: `waiting` is sent again, `failed` is not.'),
  url: z.string().nullable(),
  commitUrl: z.string().nullable(),
  compareUrl: z
    .string()
    .nullable()
    .describe('What changed since the commit that ran before, if known.'),
  pullRequestUrl: z
    .string()
    .nullable()
    .describe('The pull request of a tag such as `pr-177`; null for other tags.'),
  lastError: z.string().nullable(),
});

export const DeploymentSchema: z.ZodType<DeploymentView> = z
  .object({
    id: z.string(),
    cluster: z.string(),
    service: z.object({ id: z.string(), name: z.string() }),
    image: z.string(),
    from: z.string().nullable(),
    to: z.string().nullable(),
    fromTag: z.string().describe('The tag that the service had before.'),
    toTag: z.string().describe('The tag afterwards; it can differ if the service follows tags.'),
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
    pullingSince: time
      .nullable()
      .describe(
        'Since when a node has been pulling the image, if this takes longer than 10 s; otherwise null.',
      ),
    alsoHeld: z
      .array(z.string())
      .exactOptional()
      .describe(
        'Of a rollback by a person: digests that it holds beside `from`, because they were published already and would have come next. Missing if there are none.',
      ),
    steps: z.array(
      z.object({ at: time, step: z.string(), detail: z.record(z.string(), z.unknown()) }),
    ),
    failure: z
      .object({
        message: z.string(),
        node: z.string().nullable().describe('Id of the node of the failing task.'),
        nodeName: z.string().nullable().describe('Its host name, if it is known.'),
        exitCode: z.int().nullable(),
        log: z.array(z.string()).describe('Empty for anyone but operators.'),
      })
      .nullable(),
    build: BuildSchema,
    forge: ForgeSchema.exactOptional().describe(
      'What the helper reported to the forge; only when one deployment is read.',
    ),
    changes: z
      .array(
        z.object({ path: z.string(), before: z.string().nullable(), after: z.string().nullable() }),
      )
      .nullable()
      .describe('What the update changed in the spec; environment values are masked.'),
  })
  .meta({ id: 'Deployment' });
