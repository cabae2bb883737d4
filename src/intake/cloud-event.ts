import { z } from 'zod';
import type { IncomingDelivery } from '../core/contract/delivery.ts';
import { decodeJson } from './decode-json.ts';
import { header, mediaType } from './header.ts';
import { ownField } from './own-field.ts';
import type { Finding, Parsed } from './sender.ts';

/**
 * One event of {@link https://github.com/cloudevents/spec CloudEvents} 1.0. `data` is JSON, undefined if it was not
 * JSON.
 */
export type CloudEvent = {
  readonly type: string;
  readonly source: string;
  readonly id: string;
  readonly data: unknown;
};

const Structured = z.object({
  type: z.string(),
  source: z.string(),
  id: z.string(),
  data: z.unknown().optional(),
  data_base64: z.string().optional(),
});

const STRUCTURED = 'application/cloudevents+json';
const BATCH = 'application/cloudevents-batch+json';

/** Data is given once, as JSON or as Base64 of JSON. */
const readOne = (body: unknown): CloudEvent | null => {
  const event = Structured.safeParse(body);
  if (!event.success) return null;
  const { type, source, id, data, data_base64: encoded } = event.data;
  if (encoded === undefined) return { type, source, id, data };
  return data === undefined ? { type, source, id, data: decodeJson(encoded) } : null;
};

/**
 * The events of a delivery, with null in place of a malformed one; null as a whole if it is not a CloudEvents delivery.
 * Structured mode is also recognised by `specversion`, without its content type.
 */
export const readCloudEvents = (
  delivery: IncomingDelivery,
): readonly (CloudEvent | null)[] | null => {
  const { body } = delivery;
  const type = header(delivery, 'ce-type');
  if (type !== null && header(delivery, 'ce-specversion') !== null) {
    const source = header(delivery, 'ce-source');
    const id = header(delivery, 'ce-id');
    return [source === null || id === null ? null : { type, source, id, data: body }];
  }
  const media = mediaType(delivery);
  const says = (event: unknown): boolean => typeof ownField(event, 'specversion') === 'string';
  if (media === BATCH || (Array.isArray(body) && says(body[0]))) {
    return Array.isArray(body) ? body.map(readOne) : [null];
  }
  return media === STRUCTURED || says(body) ? [readOne(body)] : null;
};

/** One id for all events: the specification makes the combination of source and id unique. */
export const eventsId = (events: readonly (CloudEvent | null)[]): string | null => {
  const ids = events.map((event) => (event === null ? null : `${event.source} ${event.id}`));
  return ids.every((id) => id !== null) && ids.length > 0 ? ids.join(' ') : null;
};

/** The pushes in a delivery of CloudEvents. Each event is judged separately; null stands for a malformed one. */
export const parseEvents = (
  delivery: IncomingDelivery,
  judge: (event: CloudEvent | null) => readonly Finding[],
): Parsed => {
  const events = readCloudEvents(delivery) ?? [];
  return { findings: events.flatMap(judge), deliveryId: eventsId(events) };
};
