import { z } from 'zod';
import { parseDigest } from '../../core/image/digest.ts';
import { eventsId, readCloudEvents } from '../cloud-event.ts';
import { findPush, ignore } from '../find-push.ts';
import { isObject, ownField, ownText } from '../own-field.ts';
import type { Finding, Sender } from '../sender.ts';
import { splitName } from '../split-name.ts';

const PUSHES = ['PUSH_ARTIFACT', 'pushImage', 'harbor.artifact.pushed'];

const EventData = z.object({
  resources: z.array(
    z.object({
      tag: z.string().nullish(),
      digest: z.string().nullish(),
      resource_url: z.string().nullish(),
    }),
  ),
  repository: z.object({ repo_full_name: z.string() }),
});

const judge = (type: string, data: unknown, configured: string | null): readonly Finding[] => {
  if (!PUSHES.includes(type)) return [ignore('not-a-push', type)];
  const event = EventData.safeParse(data);
  if (!event.success) return [ignore('malformed-payload', type)];
  const repository = event.data.repository.repo_full_name;
  return event.data.resources.map(({ tag, digest, resource_url: url }) => {
    const registry = configured ?? splitName(url ?? '').registry;
    if (registry === '') return ignore('no-registry', repository);
    // An untagged push has its digest in place of the tag.
    const isUntagged = parseDigest(tag ?? '') !== null;
    return findPush({ registry, repository, tag: isUntagged ? null : tag, digest });
  });
};

/**
 * {@link https://goharbor.io/docs/main/working-with-projects/project-configuration/configure-webhooks/ Harbor}, in its
 * own format and as CloudEvents.
 */
export const harbor: Sender = {
  name: 'harbor',
  sign: 'a body with "type" and "event_data", or CloudEvents whose type begins with "harbor."',
  recognise: (delivery) =>
    (ownText(delivery.body, 'type') !== null && isObject(ownField(delivery.body, 'event_data'))) ||
    readCloudEvents(delivery)?.[0]?.type.startsWith('harbor.') === true,
  parse: (delivery, registry) => {
    const events = readCloudEvents(delivery);
    if (events === null) {
      const type = ownText(delivery.body, 'type') ?? '';
      const data = ownField(delivery.body, 'event_data');
      return { findings: judge(type, data, registry), deliveryId: null };
    }
    return {
      findings: events.flatMap((event) =>
        event === null ? [ignore('malformed-event')] : judge(event.type, event.data, registry),
      ),
      deliveryId: eventsId(events),
    };
  },
};
