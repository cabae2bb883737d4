import { judgeClaims } from '../claimed-image.ts';
import { type CloudEvent, parseEvents, readCloudEvents } from '../cloud-event.ts';
import { ignore } from '../find-push.ts';
import type { Finding, Sender } from '../sender.ts';
import { HUB_SIGNATURE, proveHubSignature } from '../signature.ts';

/** Our own event type. Its data has the generic format. */
const PUSHED = 'cd-helper.image.pushed';

const judge = (event: CloudEvent | null, registry: string | null): readonly Finding[] => {
  if (event === null) return [ignore('malformed-event')];
  if (event.type !== PUSHED) return [ignore('not-a-push', event.type)];
  return judgeClaims(event.data, registry, event.type);
};

/** {@link https://github.com/cloudevents/spec CloudEvents} of our own type: structured, binary and batch. */
export const cloudevents: Sender = {
  name: 'cloudevents',
  sign: `CloudEvents of the type "${PUSHED}"`,
  proofHeaders: [HUB_SIGNATURE],
  recognise: (delivery) => readCloudEvents(delivery) !== null,
  verify: proveHubSignature,
  parse: (delivery, registry) => parseEvents(delivery, (event) => judge(event, registry)),
};
