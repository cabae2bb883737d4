import { z } from 'zod';
import { PUSH_OUTCOMES } from '../../core/check/conclude-check.ts';
import type { DeliveryDetail, DeliveryView } from '../../core/contract/delivery-views.ts';
import type { HookAnswer } from '../../core/contract/hook-answer.ts';
import { listOf } from './list.ts';

const pushes = z.array(z.object({ image: z.string(), digest: z.string().exactOptional() }));
const ignored = z.array(
  z.object({
    reason: z.string(),
    about: z.string().exactOptional(),
    detail: z.string().exactOptional(),
  }),
);

export const HookAnswerSchema: z.ZodType<HookAnswer> = z
  .object({
    delivery: z.string(),
    pushes,
    ignored,
    duplicateOf: z.string().exactOptional(),
  })
  .meta({ id: 'HookAnswer' });

const pushed = z.object({
  image: z.string(),
  digest: z.string().exactOptional(),
  results: z.array(
    z.object({
      cluster: z.string(),
      state: z.enum(['waiting', 'done']),
      outcome: z.enum(PUSH_OUTCOMES).nullable(),
      detail: z.string().nullable(),
      endedAt: z.iso.datetime().nullable(),
    }),
  ),
});

const delivery = z.object({
  id: z.string(),
  receivedAt: z.iso.datetime(),
  sender: z.string(),
  secret: z.string(),
  address: z.string(),
  status: z.int(),
  pushes: z.array(pushed),
  ignored,
  duplicateOf: z.string().nullable(),
  deployments: z.array(z.string()),
});

export const DeliverySchema: z.ZodType<DeliveryView> = delivery.meta({ id: 'Delivery' });

export const DeliveryPageSchema = listOf(DeliverySchema).extend({
  ignored: z
    .int()
    .describe('Kept deliveries without a push that the same filters of sender and time leave out.'),
});

export const DeliveryDetailSchema: z.ZodType<DeliveryDetail> = delivery
  .extend({
    headers: z.record(z.string(), z.string()),
    body: z.string().nullable(),
  })
  .meta({ id: 'DeliveryDetail' });
