import { judgeClaims } from '../claimed-image.ts';
import { ownText } from '../own-field.ts';
import type { Sender } from '../sender.ts';
import { proveHubSignature, HUB_SIGNATURE } from '../signature.ts';

const namesAnImage = (value: unknown): boolean => ownText(value, 'image') !== null;

/** Our own form, for a CI job with curl: `{"image": "repo:tag", "digest"?}`, or a list of them. */
export const generic: Sender = {
  name: 'generic',
  sign: 'a body {"image": "repository:tag", "digest"?: "sha256:…"}, or a list of them',
  recognise: ({ body }) => (Array.isArray(body) ? body.some(namesAnImage) : namesAnImage(body)),
  proofHeaders: [HUB_SIGNATURE],
  verify: proveHubSignature,
  parse: ({ body }, registry) => ({ findings: judgeClaims(body, registry), deliveryId: null }),
};
