import { judgeClaims } from '../claimed-image.ts';
import { ignore } from '../find-push.ts';
import { ownText } from '../own-field.ts';
import type { Finding, Sender } from '../sender.ts';
import { proveHubSignature, HUB_SIGNATURE } from '../signature.ts';

const namesAnImage = (value: unknown): boolean => ownText(value, 'image') !== null;

/** Somebody wrote this by hand and wants to know that the digest is invalid, instead of having it ignored. */
const insistOnDigest = (finding: Finding): Finding =>
  'image' in finding && finding.unread !== undefined
    ? ignore('malformed-digest', finding.unread.about, 'a digest is "sha256:" and 64 hex digits')
    : finding;

/** Our own format, for a CI job with curl: `{"image": "repo:tag", "digest"?}`, or a list of them. */
export const generic: Sender = {
  name: 'generic',
  sign: 'a body {"image": "repository:tag", "tags"?: […], "digest"?: "sha256:…"}, or a list of them',
  recognise: ({ body }) => (Array.isArray(body) ? body.some(namesAnImage) : namesAnImage(body)),
  proofHeaders: [HUB_SIGNATURE],
  verify: proveHubSignature,
  refusesUnreadable: true,
  parse: ({ body }, registry) => ({
    findings: judgeClaims(body, registry).map(insistOnDigest),
    deliveryId: null,
  }),
};
