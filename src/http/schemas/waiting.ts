import { z } from 'zod';
import type { WaitingView } from '../../core/policy/approvals/waiting-view.ts';
import { GateSchema } from './gate.ts';
import { BuildSchema, time } from './service.ts';

const LONGEST_REASON = 1_000;

export const WaitingSchema: z.ZodType<WaitingView> = z
  .object({
    cluster: z.string(),
    id: z.string(),
    name: z.string(),
    stack: z.string().nullable(),
    image: z.string().describe('That it has now.'),
    running: z.string().nullable().describe('The digest that it has now.'),
    target: z
      .object({ tag: z.string(), digest: z.string() })
      .describe('What would be deployed. Votes are only for this.'),
    since: time.describe('Since when this image waits.'),
    gates: z.array(GateSchema).describe('The closed ones.'),
    build: z
      .object({ running: BuildSchema, target: BuildSchema })
      .describe('What both were built from, if known.'),
    compareUrl: z
      .string()
      .nullable()
      .describe(
        "The forge's page of what lies between both commits, where a configured forge has it.",
      ),
  })
  .meta({ id: 'Waiting' });

/** The complete digest, or its beginning. */
const digest = z
  .string()
  .regex(/^sha(?:256|384|512):[0-9a-f]{6,128}$/)
  .nullable()
  .default(null)
  .describe(
    'The digest that you saw, or its first digits. If another digest waits now, nothing is decided.',
  );

export const ApproveSchema = z.strictObject({ digest });

export const RejectSchema = z
  .strictObject({ digest, reason: z.string().trim().min(1).max(LONGEST_REASON) })
  .meta({ id: 'Rejection' });
