import { z } from 'zod';
import type { DeliveryDetail, DeliveryView } from '../../core/views.ts';
import type { HookAnswer } from '../take-delivery.ts';

const pushes = z.array(z.object({ image: z.string(), digest: z.string().exactOptional() }));
const ignored = z.array(z.object({ reason: z.string(), about: z.string().exactOptional() }));

export const HookAnswerSchema: z.ZodType<HookAnswer> = z
  .object({
    delivery: z.string(),
    pushes,
    ignored,
    duplicateOf: z.string().exactOptional(),
  })
  .meta({ id: 'HookAnswer' });

const delivery = z.object({
  id: z.string(),
  receivedAt: z.iso.datetime(),
  sender: z.string(),
  secret: z.string(),
  address: z.string(),
  status: z.int(),
  pushes,
  ignored,
  duplicateOf: z.string().nullable(),
  deployments: z.array(z.string()),
});

export const DeliverySchema: z.ZodType<DeliveryView> = delivery.meta({ id: 'Delivery' });

export const DeliveryDetailSchema: z.ZodType<DeliveryDetail> = delivery
  .extend({
    headers: z.record(z.string(), z.string()),
    body: z.string().nullable(),
  })
  .meta({ id: 'DeliveryDetail' });
