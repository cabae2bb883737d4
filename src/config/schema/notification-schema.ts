import { z } from 'zod';
import { HEALTH_NOTICE_STATES } from '../../core/health/health-notice.ts';
import { GATE_NOTICE_STATES } from '../../core/policy/approvals/gate-notice.ts';
import { byType } from './by-type.ts';
import type { NotificationChannel } from './config.ts';
import {
  duration,
  flag,
  listOf,
  mapping,
  name,
  oneOf,
  ownSecret,
  secretUrl,
  text,
} from './fields.ts';
import { FINAL_STATES } from '../../core/contract/final-state.ts';

const patterns = (of: string) =>
  listOf(text('a name, in which * stands for anything'), `a list of ${of}`)
    .min(1, { error: 'at least one; leave the key out where all are meant' })
    .nullable()
    .default(null);

/** A person needs time to read what the link is about. */
const SHORTEST_LINK_MS = 15 * 60_000;
const APPROVE = 'true, false, or for how long a link is valid, at least 15m';

const approve = z
  .preprocess(
    (value) => (value === 'true' ? true : value === 'false' ? false : value),
    z.union([z.boolean(), duration()], { error: APPROVE }),
  )
  .refine((value) => typeof value === 'boolean' || value >= SHORTEST_LINK_MS, { error: APPROVE })
  .transform((value) =>
    value === false ? null : { forMs: typeof value === 'number' ? value : null },
  );

const basics = {
  name: name(),
  url: secretUrl(),
  logs: flag().default(false),
  approve: approve.default(null),
  states: listOf(
    oneOf([...FINAL_STATES, ...HEALTH_NOTICE_STATES, ...GATE_NOTICE_STATES]),
    'a list of states',
  )
    .min(1, { error: 'at least one; leave the key out for all but superseded and skipped' })
    .nullable()
    .default(null),
  clusters: patterns('clusters'),
  stacks: patterns('stacks'),
  services: patterns('services'),
};

const TYPES = 'webhook, slack or apprise';

/** One of `notifications`. */
export const notification: z.ZodType<NotificationChannel> = byType<NotificationChannel>(
  {
    webhook: mapping({
      type: z.literal('webhook', TYPES),
      ...basics,
      secret: ownSecret().nullable().default(null),
    }),
    slack: mapping({ type: z.literal('slack', TYPES), ...basics }),
    apprise: mapping({
      type: z.literal('apprise', TYPES),
      ...basics,
      tags: listOf(text('a tag of Apprise'), 'a list of tags').default([]),
    }),
  },
  TYPES,
);
