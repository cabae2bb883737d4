import { z } from 'zod';
import type { TrackingView } from '../../core/policy/tracking.ts';

export const TrackingSchema: z.ZodType<TrackingView> = z
  .object({
    policy: z.string().describe('As the label cd-helper.track says it: semver:1.x.'),
    newest: z.string().nullable().describe('The newest known tag that the policy takes.'),
    next: z
      .string()
      .nullable()
      .describe('The tag that it would move to, now or once nothing is in the way.'),
    whyNot: z.string().nullable().describe('One line: what keeps it from moving.'),
    tags: z
      .int()
      .nullable()
      .describe('How many tags the newest was chosen among; null where none were listed.'),
    held: z
      .array(z.object({ tag: z.string(), reason: z.string(), why: z.string() }))
      .exactOptional()
      .describe('Newer tags that must not be deployed to it; only where one service is read.'),
    ran: z
      .object({ tag: z.string(), since: z.string(), until: z.string() })
      .nullable()
      .describe('The newer tag that it ran before somebody put it back.'),
  })
  .meta({ id: 'Tracking' })
  .describe('Only of a service that follows tags, in a run and where one service is read.');
