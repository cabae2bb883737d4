import { z } from 'zod';
import { readCloudEvents } from '../cloud-event.ts';
import { ignore } from '../find-push.ts';
import { isObject, ownField, ownText } from '../own-field.ts';
import { printable } from '../printable.ts';
import type { Finding, Parsed, Sender } from '../sender.ts';
import { judgeEvent } from './distribution.ts';

const EVENT_GRID = 'Microsoft.ContainerRegistry.';
const HANDSHAKE = 'Microsoft.EventGrid.SubscriptionValidationEvent';

/** Event Grid's own event format, converted to its CloudEvents format. */
const GridEvent = z.object({ id: z.string(), eventType: z.string(), data: z.unknown() });
type GridEvent = { readonly id: string; readonly type: string; readonly data: unknown };

const readGrid = (body: unknown): readonly GridEvent[] => {
  const events = Array.isArray(body) ? body : [];
  return events.flatMap((event) => {
    const parsed = GridEvent.safeParse(event);
    return parsed.success
      ? [{ id: parsed.data.id, type: parsed.data.eventType, data: parsed.data.data }]
      : [];
  });
};

const isOurs = ({ type }: { readonly type: string }): boolean =>
  type.startsWith(EVENT_GRID) || type === HANDSHAKE;

const judgeGrid = ({ type, data }: GridEvent, registry: string | null): Finding =>
  type === `${EVENT_GRID}ImagePushed` ? judgeEvent(data, registry) : ignore('not-a-push', type);

const isNative = (body: unknown): boolean =>
  ownText(body, 'action') !== null &&
  ownText(body, 'timestamp') !== null &&
  (isObject(ownField(body, 'target')) || ownField(body, 'action') === 'ping');

const readNative = (body: unknown, registry: string | null): Parsed => {
  const findings = [
    ownField(body, 'action') === 'ping' ? ignore('ping') : judgeEvent(body, registry),
  ];
  return { findings, deliveryId: ownText(body, 'id') };
};

/**
 * {@link https://learn.microsoft.com/azure/container-registry/container-registry-webhook-reference Azure Container
 * Registry}: its own webhooks, and Event Grid in both of its formats. An Event Grid subscription is confirmed by
 * returning its code.
 */
export const azure: Sender = {
  name: 'azure',
  sign: `a body with "action", "timestamp" and "target", or events whose type begins with "${EVENT_GRID}"`,
  recognise: (delivery) =>
    isNative(delivery.body) ||
    readGrid(delivery.body).some(isOurs) ||
    readCloudEvents(delivery)?.some((event) => event !== null && isOurs(event)) === true,
  parse: (delivery, registry) => {
    if (isNative(delivery.body)) return readNative(delivery.body, registry);
    const cloud = readCloudEvents(delivery)?.filter((event) => event !== null);
    const events = cloud ?? readGrid(delivery.body);
    const code = ownText(events.find(({ type }) => type === HANDSHAKE)?.data, 'validationCode');
    return {
      findings: events.map((event) =>
        event.type === HANDSHAKE ? ignore('ping') : judgeGrid(event, registry),
      ),
      deliveryId: events.map(({ id }) => id).join(' '),
      ...(code === null ? {} : { handshake: { validationResponse: printable(code) } }),
    };
  },
};
