import { z } from 'zod';
import { findImage } from '../find-image.ts';
import { ignore } from '../find-push.ts';
import { ownText } from '../own-field.ts';
import type { Sender } from '../sender.ts';
import { proveHubSignature, HUB_SIGNATURE } from '../signature.ts';

const Image = z.object({
  image: z.string(),
  tag: z.string().nullish(),
  digest: z.string().nullish(),
});

const namesAnImage = (value: unknown): boolean => ownText(value, 'image') !== null;

/** Our own form, for a CI job with curl: `{"image": "repo:tag", "digest"?}`, or a list of them. */
export const generic: Sender = {
  name: 'generic',
  sign: 'a body {"image": "repository:tag", "digest"?: "sha256:…"}, or a list of them',
  recognise: ({ body }) => (Array.isArray(body) ? body.some(namesAnImage) : namesAnImage(body)),
  proofHeaders: [HUB_SIGNATURE],
  verify: proveHubSignature,
  parse: ({ body }, registry) => {
    const claims: readonly unknown[] = Array.isArray(body) ? body : [body];
    const findings = claims.map((claim) => {
      const image = Image.safeParse(claim);
      return image.success ? findImage(image.data, registry) : ignore('malformed-payload');
    });
    return { findings, deliveryId: null };
  },
};
