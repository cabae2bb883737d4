import { z } from 'zod';
import { findPush, ignore } from '../find-push.ts';
import { header } from '../header.ts';
import { ownField, ownText } from '../own-field.ts';
import type { Finding, Sender } from '../sender.ts';
import { proveHmac, proveToken } from '../signature.ts';

const PROOF = 'x-jfrog-event-auth';

const Data = z.object({
  repo_key: z.string(),
  image_name: z.string(),
  tag: z.string().nullish(),
  sha256: z.string().nullish(),
});

const judge = (body: unknown, registry: string | null): readonly Finding[] => {
  const kind = `${ownText(body, 'domain') ?? ''} ${ownText(body, 'event_type') ?? ''}`;
  if (kind !== 'docker pushed') return [ignore('not-a-push', kind)];
  const parsed = Data.safeParse(ownField(body, 'data'));
  if (!parsed.success) return [ignore('malformed-payload')];
  const { repo_key: key, image_name: name, tag, sha256 } = parsed.data;
  if (registry === null) return [ignore('no-registry', name)];
  const digest = sha256 === undefined || sha256 === null ? null : `sha256:${sha256}`;
  const inRepository = findPush({ registry, repository: name, tag, digest });
  // A host of the repository's own names it already. On a shared host its key is the first folder,
  // save where a port stands for the repository: the body does not tell which, so both are looked at.
  return registry.startsWith(`${key}.`)
    ? [inRepository]
    : [inRepository, findPush({ registry, repository: `${key}/${name}`, tag, digest })];
};

/**
 * {@link https://jfrog.com/help/r/jfrog-platform-administration-documentation/webhooks JFrog
 * Artifactory}. It names no host: the secret's `registry` does. Its header holds the secret itself or,
 * if it was told to sign, a signature.
 */
export const jfrog: Sender = {
  name: 'jfrog',
  sign: 'the header X-JFrog-Event-Auth, or a body with "domain", "event_type" and "data"',
  proofHeaders: [PROOF],
  recognise: (delivery) =>
    header(delivery, PROOF) !== null ||
    (ownText(delivery.body, 'domain') !== null && ownText(delivery.body, 'event_type') !== null),
  verify: (delivery, secret) => {
    const shown = header(delivery, PROOF);
    const token = proveToken(shown, secret);
    const signature = proveHmac(shown, { algorithm: 'sha256', prefix: '' }, delivery.raw, secret);
    return token === 'wrong' ? signature : token;
  },
  parse: ({ body }, registry) => ({ findings: judge(body, registry), deliveryId: null }),
};
