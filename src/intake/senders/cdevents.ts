import { z } from 'zod';
import { type CloudEvent, parseEvents, readCloudEvents } from '../cloud-event.ts';
import { findPush, ignore } from '../find-push.ts';
import type { Finding, Sender } from '../sender.ts';
import { splitName } from '../split-name.ts';

const PREFIX = 'dev.cdevents.';
const PUBLISHED = /^dev\.cdevents\.artifact\.published\.\d/;
/** Docker's own type of package URL is older than `oci` and still in use. */
const IMAGE_URL = /^pkg:(?:oci|docker)\/([^@?#]+)(?:@([^?#]+))?(?:\?([^#]*))?/;

const Data = z.object({ subject: z.object({ id: z.string() }) });

const decode = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};

/**
 * The image that a package URL names:
 * {@link https://github.com/package-url/purl-spec `pkg:oci/NAME@DIGEST?repository_url=HOST/PATH&tag=TAG`}.
 * `repository_url` is the whole repository, to which Harbor adds tag and digest.
 */
const judgeUrl = (url: string, configured: string | null): Finding => {
  const [, name, version, qualifiers] = IMAGE_URL.exec(url) ?? [];
  if (name === undefined) return ignore('not-an-image', url);
  const said = new URLSearchParams(qualifiers ?? '');
  const named = splitName(said.get('repository_url') ?? '');
  const registry = configured ?? named.registry;
  const repository = named.repository === '' ? decode(name) : named.repository;
  if (registry === '') return ignore('no-registry', repository);
  const digest = version === undefined ? null : decode(version);
  return findPush({ registry, repository, tag: said.get('tag'), digest });
};

const judge = (event: CloudEvent | null, registry: string | null): Finding => {
  if (event === null) return ignore('malformed-event');
  if (!PUBLISHED.test(event.type)) return ignore('not-a-push', event.type);
  const data = Data.safeParse(event.data);
  if (!data.success) return ignore('malformed-payload', event.type);
  return judgeUrl(data.data.subject.id, registry);
};

/** {@link https://cdevents.dev/docs/continuous-integration/#artifact-published CDEvents}, sent as CloudEvents. */
export const cdevents: Sender = {
  name: 'cdevents',
  sign: `CloudEvents whose type begins with "${PREFIX}"`,
  recognise: (delivery) => readCloudEvents(delivery)?.[0]?.type.startsWith(PREFIX) === true,
  parse: (delivery, registry) => parseEvents(delivery, (event) => [judge(event, registry)]),
};
