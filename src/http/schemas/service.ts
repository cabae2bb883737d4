import { z } from 'zod';
import { GateSchema } from './gate.ts';
import { HEALTH_NAMES, HEALTH_REASONS, type HealthView } from '../../core/health/health.ts';
import { TrackingSchema } from './tracking.ts';
import { type RollbackView, type ServiceView, VERDICT_NAMES } from '../../core/contract/views.ts';

export const time = z.iso.datetime();

export const VerdictSchema = z.enum(VERDICT_NAMES).meta({ id: 'Verdict' });

export const BuildSchema = z
  .object({
    version: z.string().nullable(),
    revision: z.string().nullable(),
    source: z.string().nullable(),
    created: z.string().nullable(),
  })
  .nullable();

const HealthSchema = z
  .enum(HEALTH_NAMES)
  .meta({ id: 'Health' })
  .describe('Whether the service works, whatever image it runs.');

const healthFields = {
  health: HealthSchema,
  healthReason: z.enum(HEALTH_REASONS).nullable().describe('One word: why.'),
  healthSince: time.nullable(),
  restarts: z.int().describe('Tasks that were seen failed in the last hour.'),
  lastError: z.string().nullable().describe('What the engine reported for the newest of them.'),
  runsHeld: z
    .object({
      digest: z.string(),
      hold: z.enum(['known-bad', 'left-by-person']),
      heldSince: z.string(),
    })
    .exactOptional()
    .describe('A held digest that somebody other than the helper deployed.'),
} satisfies Record<keyof HealthView, z.ZodType>;

export const ServiceSchema: z.ZodType<ServiceView> = z
  .object({
    cluster: z.string(),
    id: z.string(),
    name: z.string(),
    stack: z.string().nullable(),
    image: z.string(),
    running: z.string().nullable(),
    published: z.string().nullable(),
    checkedAt: time.nullable(),
    target: z
      .object({ tag: z.string(), digest: z.string() })
      .nullable()
      .exactOptional()
      .describe(
        'What it is compared with; for a service that follows tags, this can be another tag.',
      ),
    verdict: VerdictSchema,
    reason: z.string().nullable().describe('One word: which hold, why excluded, why unknown.'),
    detail: z.string().exactOptional().describe('The same in one line for a person.'),
    plan: z
      .enum(['deploy', 'wait', 'leave'])
      .describe('What will be done: `leave` also if a hold prevents an update.'),
    gates: z.array(GateSchema).describe('Closed gates, also of a service that is frozen.'),
    ...healthFields,
    mode: z.enum(['replicated', 'global', 'replicated-job', 'global-job']),
    replicas: z.object({ running: z.int(), desired: z.int() }).nullable(),
    updatedAt: z.string(),
    deployment: z.string().nullable(),
    build: BuildSchema,
    track: z
      .string()
      .exactOptional()
      .describe('The label cd-helper.track, valid or not; only if the service has it.'),
    tracking: TrackingSchema.exactOptional(),
  })
  .meta({ id: 'Service' });

export const RollbackTargetsSchema: z.ZodType<RollbackView> = z
  .object({
    present: z.string().nullable().describe('The digest that the spec of the service names.'),
    presentGoodAt: time.nullable().describe('When it counted as good; null if it does not.'),
    targets: z
      .array(
        z.object({
          digest: z.string(),
          tag: z.string().nullable().describe('The last tag of the service with this digest.'),
          goodAt: time,
          build: BuildSchema,
        }),
      )
      .describe('Good images that ran before and are not held, the newest first.'),
    others: z
      .array(
        z.object({
          digest: z.string(),
          tag: z.string().nullable(),
          reason: z.enum(['known-bad', 'left-by-person', 'not-good']),
        }),
      )
      .describe('Other digests of its history, and why they are no targets.'),
  })
  .meta({ id: 'RollbackTargets' });
