import { z } from 'zod';
import { findImage } from '../find-image.ts';
import { ignore } from '../find-push.ts';
import { ownField, ownText } from '../own-field.ts';
import type { Finding, Sender } from '../sender.ts';

const Message = z.object({
  action: z.string(),
  tag: z.string().nullish(),
  digest: z.string().nullish(),
});

const decode = (data: string): unknown => {
  try {
    return JSON.parse(Buffer.from(data, 'base64').toString('utf8'));
  } catch {
    return null;
  }
};

const judge = (data: string): Finding => {
  const message = Message.safeParse(decode(data));
  if (!message.success) return ignore('not-a-push');
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
