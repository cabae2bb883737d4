import { z } from 'zod';
import { decodeJson } from '../decode-json.ts';
import { findImage } from '../find-image.ts';
import { ignore } from '../find-push.ts';
import { header } from '../header.ts';
import { ownField, ownText } from '../own-field.ts';
import type { Finding, Sender } from '../sender.ts';

const Message = z.object({
  action: z.string(),
  tag: z.string().nullish(),
  digest: z.string().nullish(),
});

const judge = (said: unknown): Finding => {
  if (said === undefined) return ignore('malformed-payload');
  // Other messages may be published to the same topic.
  if (ownText(said, 'action') === null) return ignore('not-a-push');
  const message = Message.safeParse(said);
  if (!message.success) return ignore('malformed-payload');
  const { action, tag, digest } = message.data;
  if (action !== 'INSERT') return ignore('not-a-push', `${action} ${tag ?? digest ?? ''}`);
  if (tag === undefined || tag === null || tag === '') return ignore('no-tag', digest);
  return findImage({ image: tag, digest: digest?.split('@', 2)[1] }, null);
};

const dataOf = (body: unknown): string | null => ownText(ownField(body, 'message'), 'data');

const idOf = (body: unknown): string | null => {
  const message = ownField(body, 'message');
  return ownText(message, 'messageId') ?? ownText(message, 'message_id');
};

/** Pub/Sub is configured to unwrap the payload: the body is the message itself, and its id may be in a header. */
const isUnwrapped = (body: unknown): boolean =>
  ['INSERT', 'DELETE'].includes(ownText(body, 'action') ?? '') &&
  (ownText(body, 'digest') ?? ownText(body, 'tag')) !== null;

/** {@link https://cloud.google.com/artifact-registry/docs/configure-notifications Google Artifact Registry}, pushed by Pub/Sub. */
export const googleArtifactRegistry: Sender = {
  name: 'google-artifact-registry',
  sign: 'a body with "message" that has "data" and "messageId", or unwrapped: "action" and "digest" or "tag"',
  recognise: ({ body }) => (dataOf(body) !== null && idOf(body) !== null) || isUnwrapped(body),
  parse: (delivery) => {
    const { body } = delivery;
    return isUnwrapped(body)
      ? { findings: [judge(body)], deliveryId: header(delivery, 'x-goog-pubsub-message-id') }
      : { findings: [judge(decodeJson(dataOf(body) ?? ''))], deliveryId: idOf(body) };
  },
};
