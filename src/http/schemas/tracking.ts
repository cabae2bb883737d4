import { z } from 'zod';
import type { TrackingView } from '../../core/policy/tracking.ts';

export const TrackingSchema: z.ZodType<TrackingView> = z
  .object({
    policy: z.string().describe('The value of the label cd-helper.track, such as semver:1.x.'),
    newest: z.string().nullable().describe('The newest known tag that the policy accepts.'),
    next: z
      .string()
      .nullable()
      .describe('The tag that it would move to, now or later when nothing prevents it.'),
    whyNot: z.string().nullable().describe('One line: what keeps it from moving.'),
    tags: z
      .int()
      .nullable()
      .describe('Number of tags from which the newest was chosen; null if no tags were listed.'),
    held: z
      .array(z.object({ tag: z.string(), reason: z.string(), why: z.string() }))
      .exactOptional()
      .describe('Newer tags that must not be deployed to it; only if one service is read.'),
    ran: z
      .object({ tag: z.string(), since: z.string(), until: z.string() })
      .nullable()
      .describe('The newer tag that it ran before somebody deployed an older one.'),
  })
  .meta({ id: 'Tracking' })
  .describe('Only for a service that follows tags, in a run or if one service is read.');
