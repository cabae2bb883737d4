import { z } from 'zod';
import type { ChannelTestView } from '../../core/contract/notice.ts';

const LONGEST_NAME = 63;

export const NotifyTestSchema = z
  .strictObject({ channel: z.string().min(1).max(LONGEST_NAME).nullable().default(null) })
  .meta({ id: 'NotifyTest' });

const ChannelTestSchema: z.ZodType<ChannelTestView> = z
  .object({
    channel: z.string(),
    type: z.string(),
    ok: z.boolean(),
    /** One line for a person. */
    detail: z.string(),
  })
  .meta({ id: 'ChannelTest' });

export const ChannelTestsSchema = z
  .object({ items: z.array(ChannelTestSchema).readonly() })
  .meta({ id: 'ChannelTests' });
