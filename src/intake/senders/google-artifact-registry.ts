import { z } from 'zod';
import { decodeJson } from '../decode-json.ts';
import { findImage } from '../find-image.ts';
import { ignore } from '../find-push.ts';
import { ownField, ownText } from '../own-field.ts';
import type { Finding, Sender } from '../sender.ts';

const Message = z.object({
  action: z.string(),
  tag: z.string().nullish(),
  digest: z.string().nullish(),
});

const judge = (data: string): Finding => {
  const said = decodeJson(data);
  if (said === undefined) return ignore('malformed-payload');
  // Something else may be told under the same topic.
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

/** {@link https://cloud.google.com/artifact-registry/docs/configure-notifications Google Artifact Registry}, pushed by Pub/Sub. */
export const googleArtifactRegistry: Sender = {
  name: 'google-artifact-registry',
  sign: 'a body with "message" that has "data" and "messageId"',
  recognise: ({ body }) => dataOf(body) !== null && idOf(body) !== null,
  parse: ({ body }) => ({
    findings: [judge(dataOf(body) ?? '')],
    deliveryId: idOf(body),
  }),
};
