import { z } from 'zod';
import { findPush, ignore } from '../find-push.ts';
import { header } from '../header.ts';
import { ownField, ownText } from '../own-field.ts';
import type { Finding, SecretNames, Sender } from '../sender.ts';
import { proveHmac, proveToken } from '../signature.ts';
import { splitName } from '../split-name.ts';

const PROOF = 'x-jfrog-event-auth';
/** A promotion copies a tag to another repository. For services that pull from there it is a push. */
const PUSHES = ['docker pushed', 'docker promoted'];
/** Each platform's manifest is also stored under an artificial tag. */
const PLATFORM_TAG = /^sha256__[0-9a-f]{64}$/;

const Data = z.object({
  repo_key: z.string(),
  path: z.string().nullish(),
  image_name: z.string(),
  tag: z.string().nullish(),
  sha256: z.string().nullish(),
});
type Data = z.output<typeof Data>;

/** `image_name` omits the parent folders, and `path` ends with the tag and `manifest.json`. */
const repositoryOf = ({ path, image_name: name, tag }: Data): string => {
  const steps = (path ?? '').split('/');
  return steps.length > 2 && steps.at(-2) === tag ? steps.slice(0, -2).join('/') : name;
};

const judge = (body: unknown, names: SecretNames): readonly Finding[] => {
  const kind = `${ownText(body, 'domain') ?? ''} ${ownText(body, 'event_type') ?? ''}`;
  if (!PUSHES.includes(kind)) return [ignore('not-a-push', kind)];
  const parsed = Data.safeParse(ownField(body, 'data'));
  if (!parsed.success) return [ignore('malformed-payload')];
  const { repo_key: local, tag, sha256 } = parsed.data;
  const repository = repositoryOf(parsed.data);
  if (PLATFORM_TAG.test(tag ?? '')) return [ignore('no-tag', repository)];
  const origin = splitName(`${ownText(body, 'jpd_origin') ?? ''}/`).registry;
  const registry = names.registry ?? origin;
  if (registry === '') return [ignore('no-registry', repository)];
  const digest = sha256 === undefined || sha256 === null ? null : `sha256:${sha256}`;
  const find = (name: string): Finding => findPush({ registry, repository: name, tag, digest });
  const key = names.virtualRepositories?.find((one) => one.local === local)?.virtual ?? local;
  // A host of the repository's own already names it. On a shared host its key is the first folder, unless a port stands
  // for the repository. The body does not say which, so both are checked.
  return registry.startsWith(`${key}.`)
    ? [find(repository)]
    : [find(repository), find(`${key}/${repository}`)];
};

/**
 * {@link https://jfrog.com/help/r/jfrog-platform-administration-documentation/webhooks JFrog Artifactory}. Its host is
 * the secret's `registry`, or `jpd_origin`, which JFrog sets if its own base URL is configured. Its header contains the
 * secret itself or, if it is configured to sign, a signature.
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
  parse: ({ body }, _registry, names) => ({ findings: judge(body, names), deliveryId: null }),
};
