import { z } from 'zod';
import {
  RUN_ORIGINS,
  RUN_STATES,
  type RunRequest,
  type RunSummary,
  type RunView,
} from '../../core/contract/run-views.ts';
import { ServiceSchema, time, VerdictSchema } from './service.ts';

const LONGEST_GLOB = 255;
const MOST_GLOBS = 100;

const summary = z.object({
  id: z.string(),
  state: z.enum(RUN_STATES),
  reason: z.string().nullable(),
  dryRun: z.boolean(),
  origin: z.enum(RUN_ORIGINS),
  by: z.string().nullable().describe('Name of the token that requested it.'),
  progress: z.object({ services: z.int(), images: z.int(), checkedImages: z.int() }),
  startedAt: time,
  endedAt: time.nullable(),
  counts: z.partialRecord(VerdictSchema, z.int()),
});

export const RunSummarySchema: z.ZodType<RunSummary> = summary.meta({ id: 'RunSummary' });

export const RunSchema: z.ZodType<RunView> = summary
  .extend({ services: z.array(ServiceSchema) })
  .meta({
    id: 'Run',
  });

const globs = z.array(z.string().min(1).max(LONGEST_GLOB)).max(MOST_GLOBS).default([]);

/** Without a body, everything is selected. */
export const RunRequestSchema = z
  .strictObject({
    cluster: z.string().min(1).max(LONGEST_GLOB).nullable().default(null),
    services: globs,
    stacks: globs,
    images: globs,
    dryRun: z.boolean().default(false),
    pin: z.boolean().default(false),
  })
  .meta({ id: 'RunRequest' }) satisfies z.ZodType<RunRequest>;
