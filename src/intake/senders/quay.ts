import { z } from 'zod';
import { findPush, ignore } from '../find-push.ts';
import { isObject, ownField, ownText } from '../own-field.ts';
import type { Sender } from '../sender.ts';
import { splitName } from '../split-name.ts';

const Tags = z.array(z.string());

/** {@link https://docs.quay.io/guides/notifications.html Quay}. Its old format maps each tag to an image id. */
export const quay: Sender = {
  name: 'quay',
  sign: 'a body with "docker_url"',
  recognise: ({ body }) => ownText(body, 'docker_url') !== null,
  parse: ({ body }, configured) => {
    const updated = ownField(body, 'updated_tags');
    const { registry, repository } = splitName(ownText(body, 'docker_url') ?? '');
    if (updated === undefined) {
      return { findings: [ignore('not-a-push', repository)], deliveryId: null };
    }
    const tags = Tags.safeParse(isObject(updated) ? Object.keys(updated) : updated);
    if (!tags.success) return { findings: [ignore('malformed-payload')], deliveryId: null };
    const findings =
      tags.data.length === 0
        ? [ignore('no-tag', repository)]
        : tags.data.map((tag) => findPush({ registry: configured ?? registry, repository, tag }));
    return { findings, deliveryId: null };
  },
};
