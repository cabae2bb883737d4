import { z } from 'zod';
import { byType } from './by-type.ts';
import type { NotificationChannel } from './config.ts';
import { flag, listOf, mapping, name, oneOf, ownSecret, secretUrl, text } from './fields.ts';

const patterns = (of: string) =>
  listOf(text('a name, in which * stands for anything'), `a list of ${of}`)
    .min(1, { error: 'at least one; leave the key out where all are meant' })
    .nullable()
    .default(null);

const basics = {
  name: name(),
  url: secretUrl(),
  logs: flag().default(false),
  states: listOf(
    oneOf(['succeeded', 'failed', 'rolled-back', 'superseded', 'skipped']),
    'a list of final states',
  )
    .min(1, { error: 'at least one; leave the key out for succeeded, failed and rolled-back' })
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
