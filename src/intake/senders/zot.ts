import { z } from 'zod';
import { parseDigest } from '../../core/image/digest.ts';
import { type CloudEvent, parseEvents, readCloudEvents } from '../cloud-event.ts';
import { findPush, ignore } from '../find-push.ts';
import { isImageManifest } from '../image-manifest.ts';
import type { Finding, Sender } from '../sender.ts';

const PREFIX = 'zotregistry.';

const Data = z.object({
  name: z.string(),
  reference: z.string(),
  digest: z.string().nullish(),
  mediaType: z.string().nullish(),
});

const judge = (event: CloudEvent | null, registry: string | null): Finding => {
  if (event === null) return ignore('malformed-event');
  if (event.type !== `${PREFIX}image.updated`) return ignore('not-a-push', event.type);
  const data = Data.safeParse(event.data);
  if (!data.success) return ignore('malformed-payload', event.type);
  const { name, reference, digest, mediaType } = data.data;
  if (!isImageManifest(mediaType)) return ignore('not-an-image', name);
  if (registry === null) return ignore('no-registry', name);
  // A platform's own manifest is pushed by digest.
  const isUntagged = parseDigest(reference) !== null;
  return findPush({ registry, repository: name, tag: isUntagged ? null : reference, digest });
};

/**
 * The events extension of {@link https://zotregistry.dev/ zot}: CloudEvents. It names no host: the secret's
 * `registry` does.
 */
export const zot: Sender = {
  name: 'zot',
  sign: `CloudEvents whose type begins with "${PREFIX}"`,
  recognise: (delivery) => readCloudEvents(delivery)?.[0]?.type.startsWith(PREFIX) === true,
  parse: (delivery, registry) => parseEvents(delivery, (event) => [judge(event, registry)]),
};
