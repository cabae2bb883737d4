import { z } from 'zod';
import { type ServiceView, VERDICT_NAMES } from '../../core/views.ts';

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
    verdict: VerdictSchema,
    reason: z.string().nullable().describe('One word: which hold, why excluded, why unknown.'),
    detail: z.string().exactOptional().describe('The same in one line for a person.'),
    mode: z.enum(['replicated', 'global', 'replicated-job', 'global-job']),
    replicas: z.object({ running: z.int(), desired: z.int() }).nullable(),
    updatedAt: z.string(),
    deployment: z.string().nullable(),
    build: BuildSchema,
  })
  .meta({ id: 'Service' });
