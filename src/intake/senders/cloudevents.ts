import { z } from 'zod';
import { type CloudEvent, eventsId, readCloudEvents } from '../cloud-event.ts';
import { findImage } from '../find-image.ts';
import { ignore } from '../find-push.ts';
import type { Finding, Sender } from '../sender.ts';
import { HUB_SIGNATURE, proveHubSignature } from '../signature.ts';

/** The type of our own: its data is `{ "image", "tag"?, "digest"? }`. */
const PUSHED = 'cd-helper.image.pushed';

const Data = z.object({
  image: z.string(),
  tag: z.string().nullish(),
  digest: z.string().nullish(),
});

const judge = (event: CloudEvent | null, registry: string | null): Finding => {
  if (event === null) return ignore('malformed-event');
  if (event.type !== PUSHED) return ignore('not-a-push', event.type);
  const data = Data.safeParse(event.data);
  return data.success ? findImage(data.data, registry) : ignore('malformed-payload', event.type);
};

/** {@link https://github.com/cloudevents/spec CloudEvents} of our own type: structured, binary and batch. */
export const cloudevents: Sender = {
  name: 'cloudevents',
  sign: `CloudEvents of the type "${PUSHED}"`,
  proofHeaders: [HUB_SIGNATURE],
  recognise: (delivery) => readCloudEvents(delivery) !== null,
  verify: proveHubSignature,
  parse: (delivery, registry) => {
    const events = readCloudEvents(delivery) ?? [];
    return {
      findings: events.map((event) => judge(event, registry)),
      deliveryId: eventsId(events),
    };
  },
};
