import { z } from 'zod';
import { parseDigest } from '../../core/image/digest.ts';
import { findPush, ignore } from '../find-push.ts';
import { header } from '../header.ts';
import type { Finding, Sender } from '../sender.ts';
import { proveHmac } from '../signature.ts';

const SIGNATURE = 'x-nexus-webhook-signature';
const COMPONENTS = 'rm:repository:component';

const Payload = z.object({
  action: z.string(),
  component: z.object({
    format: z.string(),
    name: z.string(),
    version: z.string().nullish(),
  }),
});

const judge = (hook: string, body: unknown, registry: string | null): Finding => {
  if (hook !== COMPONENTS) return ignore('not-a-push', hook);
  const payload = Payload.safeParse(body);
  if (!payload.success) return ignore('malformed-payload');
  const { action, component } = payload.data;
  if (action !== 'CREATED' && action !== 'UPDATED') return ignore('not-a-push', action);
  if (component.format !== 'docker') {
    return ignore('not-an-image', `${component.format} ${component.name}`);
  }
  if (registry === null) return ignore('no-registry', component.name);
  const version = component.version ?? '';
  const isUntagged = parseDigest(version) !== null;
  return findPush({ registry, repository: component.name, tag: isUntagged ? null : version });
};

/**
 * {@link https://help.sonatype.com/en/webhooks.html Nexus}, for a repository's components. It names no host: the
 * secret's `registry` does.
 */
export const nexus: Sender = {
  name: 'nexus',
  sign: 'the header X-Nexus-Webhook-Id',
  proofHeaders: [SIGNATURE],
  recognise: (delivery) => header(delivery, 'x-nexus-webhook-id') !== null,
  verify: (delivery, secret) =>
    proveHmac(header(delivery, SIGNATURE), { algorithm: 'sha1', prefix: '' }, delivery.raw, secret),
  parse: (delivery, registry) => ({
    findings: [judge(header(delivery, 'x-nexus-webhook-id') ?? '', delivery.body, registry)],
    deliveryId: header(delivery, 'x-nexus-webhook-delivery'),
  }),
};
