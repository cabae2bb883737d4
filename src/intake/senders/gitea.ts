import { z } from 'zod';
import { parseDigest } from '../../core/image/digest.ts';
import type { IncomingDelivery } from '../../core/contract/delivery.ts';
import { findPush, ignore } from '../find-push.ts';
import { header } from '../header.ts';
import type { Finding, Sender } from '../sender.ts';
import { proveHmac } from '../signature.ts';
import { splitName } from '../split-name.ts';

const Payload = z.object({
  action: z.string(),
  package: z.object({
    type: z.string(),
    name: z.string(),
    version: z.string(),
    html_url: z.string().nullish(),
    owner: z.object({ login: z.string().nullish(), username: z.string().nullish() }),
  }),
});

/** Forgejo sends its own headers in addition to Gitea's, and both also send GitHub's. */
const oneOf = (delivery: IncomingDelivery, name: string): string | null =>
  header(delivery, `x-gitea-${name}`) || header(delivery, `x-forgejo-${name}`);

const judge = (event: string, body: unknown, configured: string | null): Finding => {
  if (event !== 'package') return ignore('not-a-push', event);
  const payload = Payload.safeParse(body);
  if (!payload.success) return ignore('malformed-payload');
  const { action, package: pushed } = payload.data;
  if (action !== 'created') return ignore('not-a-push', action);
  if (pushed.type !== 'container') return ignore('not-an-image', `${pushed.type} ${pushed.name}`);
  const registry = configured ?? splitName(pushed.html_url ?? '').registry;
  if (registry === '') return ignore('no-registry', pushed.name);
  const owner = pushed.owner.login ?? pushed.owner.username ?? '';
  const repository = `${owner}/${pushed.name}`.toLowerCase();
  const isUntagged = parseDigest(pushed.version) !== null;
  return findPush({ registry, repository, tag: isUntagged ? null : pushed.version });
};

/** {@link https://docs.gitea.com/usage/webhooks Gitea} and Forgejo, for their own registry: one manifest per event. */
export const gitea: Sender = {
  name: 'gitea',
  sign: 'the header X-Gitea-Event or X-Forgejo-Event',
  proofHeaders: ['x-gitea-signature', 'x-forgejo-signature'],
  recognise: (delivery) => oneOf(delivery, 'event') !== null,
  verify: (delivery, secret) =>
    proveHmac(
      oneOf(delivery, 'signature'),
      { algorithm: 'sha256', prefix: '' },
      delivery.raw,
      secret,
    ),
  parse: (delivery, registry) => ({
    findings: [judge(oneOf(delivery, 'event') ?? '', delivery.body, registry)],
    deliveryId: oneOf(delivery, 'delivery'),
  }),
};
