import { z } from 'zod';
import type {
  LaneView,
  OverviewView,
  RolloutView,
  TimelineView,
} from '../../core/contract/overview.ts';
import { DEPLOYMENT_STATES, OPEN_STATES, VERDICT_NAMES } from '../../core/contract/views.ts';
import { HEALTH_NAMES, HEALTH_REASONS } from '../../core/health/health.ts';
import { FreezeSchema } from './desk.ts';
import { ServiceSchema, time } from './service.ts';
import { WaitingSchema } from './waiting.ts';

const service = z.object({ id: z.string(), name: z.string() });

const LaneSchema: z.ZodType<LaneView> = z
  .object({
    cluster: z.string(),
    service,
    stack: z.string().nullable(),
    health: z
      .enum(HEALTH_NAMES)
      .nullable()
      .describe(
        'Null, like the verdict, if the service was removed or its cluster does not answer.',
      ),
    healthReason: z.enum(HEALTH_REASONS).nullable(),
    verdict: z.enum(VERDICT_NAMES).nullable(),
    deployments: z
      .array(
        z.object({
          id: z.string(),
          state: z.enum(DEPLOYMENT_STATES),
          reason: z.string().nullable(),
          fromTag: z.string(),
          toTag: z.string(),
          queuedAt: time,
          startedAt: time.nullable(),
          endedAt: time.nullable(),
        }),
      )
      .describe('The newest 100, oldest first.'),
    pushes: z.array(z.object({ delivery: z.string(), at: time, tag: z.string() })),
    freezes: z
      .array(
        z.object({
          id: z.string(),
          since: time,
          until: time
            .nullable()
            .describe('When it ended or will end; null until somebody lifts it.'),
          reason: z.string(),
        }),
      )
      .describe('Freezes that were active at some time in the span.'),
  })
  .meta({ id: 'Lane' });

export const TimelineSchema: z.ZodType<TimelineView> = z
  .object({
    since: time,
    lanes: z
      .array(LaneSchema)
      .describe(
        'At most 50, the most urgent first: bad health, a failed deployment, one in progress, not current, deployed, the rest.',
      ),
    left: z.int().describe('Lanes that were left out.'),
  })
  .meta({ id: 'Timeline' });

const RolloutSchema: z.ZodType<RolloutView> = z
  .object({
    id: z.string().describe('Id of the deployment.'),
    cluster: z.string(),
    service,
    toTag: z.string(),
    state: z.enum(OPEN_STATES),
    queuedAt: time,
    startedAt: time.nullable(),
    dueAt: time.nullable().describe('When a queued one is due, if that is later.'),
    running: z
      .int()
      .nullable()
      .describe('Tasks that run the image; null until the cluster reported it.'),
    desired: z.int().nullable(),
    starting: z.int().describe('Tasks that were created for it and do not run yet.'),
    pullingSince: time.nullable(),
    isGoingBack: z.boolean().describe('Whether the service goes back to its earlier image.'),
  })
  .meta({ id: 'Rollout' });

const beginningOf = <T extends z.ZodType>(item: T) =>
  z.object({
    items: z.array(item).readonly().describe('The first 20.'),
    isWhole: z.boolean().describe('Whether these are all.'),
  });

export const OverviewSchema: z.ZodType<OverviewView> = z
  .object({
    services: z.int().describe('Number of services.'),
    troubles: beginningOf(ServiceSchema).describe(
      'Services that need a person: failing, paused, degraded, diverged, or held because an image failed.',
    ),
    rollouts: beginningOf(RolloutSchema).describe('Deployments in progress, then queued ones.'),
    waiting: beginningOf(WaitingSchema).describe('Services that wait at a gate.'),
    freezes: beginningOf(FreezeSchema).describe('Active freezes.'),
    days: z
      .array(
        z.object({
          day: z.iso.date(),
          deployments: z
            .int()
            .describe('Queued on that day in UTC, and succeeded, failed or rolled back.'),
          failures: z.int().describe('How many of them failed or were rolled back.'),
          medianSeconds: z
            .number()
            .nullable()
            .describe(
              'The median time from a push to its verified end, of at most 500; null if there was none.',
            ),
        }),
      )
      .describe('The last 30 days, oldest first.'),
  })
  .meta({ id: 'Overview' });
