import { z } from 'zod';
import { findPush, ignore } from '../find-push.ts';
import { header } from '../header.ts';
import { ownField, ownText } from '../own-field.ts';
import type { Finding, Sender } from '../sender.ts';
import { HUB_SIGNATURE, proveHubSignature } from '../signature.ts';
import { splitName } from '../split-name.ts';

const EVENTS = ['package', 'registry_package'];

const Package = z.object({
  name: z.string(),
  namespace: z.string().nullish(),
  owner: z.object({ login: z.string() }).nullish(),
  ecosystem: z.string().nullish(),
  package_type: z.string().nullish(),
  package_version: z
    .object({
      package_url: z.string().nullish(),
      container_metadata: z
        .object({
          tag: z.object({ name: z.string().nullish(), digest: z.string().nullish() }).nullish(),
        })
        .nullish(),
    })
    .nullish(),
});

/**
 * GitHub Enterprise has its own registry, `containers.HOST`, and names it in `package_url`. No other host there is
 * trusted.
 */
const hostOf = (packageUrl: string | null | undefined): string => {
  const { registry } = splitName(packageUrl ?? '');
  return registry.startsWith('containers.') ? registry : 'ghcr.io';
};

const judge = (event: string, body: unknown, configured: string | null): Finding => {
  if (!EVENTS.includes(event)) return ignore(event === 'ping' ? 'ping' : 'not-a-push', event);
  const action = ownText(body, 'action');
  if (action !== 'published' && action !== 'updated') return ignore('not-a-push', action);
  const parsed = Package.safeParse(ownField(body, event));
  if (!parsed.success) return ignore('malformed-payload');
  const { name, namespace, owner, ecosystem, package_type, package_version } = parsed.data;
  const kind = package_type ?? ecosystem ?? '';
  if (kind.toLowerCase() !== 'container') return ignore('not-an-image', `${kind} ${name}`);
  // GitHub keeps the case that owners chose. Its registry uses lower case.
  const repository = [namespace ?? owner?.login, name].filter(Boolean).join('/').toLowerCase();
  // An untagged version has an empty name here, and its digest as `version`, which is not a tag.
  const tag = package_version?.container_metadata?.tag;
  const registry = configured ?? hostOf(package_version?.package_url);
  return findPush({ registry, repository, tag: tag?.name, digest: tag?.digest });
};

/**
 * {@link https://docs.github.com/webhooks/webhook-events-and-payloads#package GitHub packages}: ghcr.io, or GitHub
 * Enterprise's own registry.
 */
export const github: Sender = {
  name: 'github',
  sign: 'the header X-GitHub-Event',
  proofHeaders: [HUB_SIGNATURE],
  recognise: (delivery) => header(delivery, 'x-github-event') !== null,
  verify: proveHubSignature,
  parse: (delivery, registry) => {
    const event = header(delivery, 'x-github-event') ?? '';
    return {
      findings: [judge(event, delivery.body, registry)],
      deliveryId: header(delivery, 'x-github-delivery'),
    };
  },
};
