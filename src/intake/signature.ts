import { createHmac, hash, timingSafeEqual } from 'node:crypto';
import type { IncomingDelivery } from '../core/contract/delivery.ts';
import { header } from './header.ts';
import type { Proof } from './sender.ts';

const digestOf = (text: string): Uint8Array => hash('sha256', text, 'buffer');

/** Whether two texts are equal, in a time that reveals nothing about either. */
export const sameText = (one: string, other: string): boolean =>
  timingSafeEqual(digestOf(one), digestOf(other));

/** Gitea and Forgejo send an empty signature if no secret is set. An empty proof counts as absent. */
const isAbsent = (shown: string | null): shown is null | '' => shown === null || shown === '';

/** The proof of a token that a sender shows as it is. An empty secret proves nothing. */
export const proveToken = (shown: string | null, secret: string): Proof => {
  if (isAbsent(shown)) return 'absent';
  return sameText(shown, secret) && secret !== '' ? 'right' : 'wrong';
};

/** The proof of a hex HMAC over the unmodified bytes. `prefix` is what the sender puts before it. */
export const proveHmac = (
  shown: string | null,
  { algorithm, prefix }: { readonly algorithm: 'sha1' | 'sha256'; readonly prefix: string },
  raw: Uint8Array,
  secret: string,
): Proof => {
  // Without a secret, Gitea also sends GitHub's header, with nothing after its prefix.
  if (isAbsent(shown) || shown === prefix) return 'absent';
  const expected = prefix + createHmac(algorithm, secret).update(raw).digest('hex');
  return sameText(shown.toLowerCase(), expected) && secret !== '' ? 'right' : 'wrong';
};

/** GitHub's header, which other senders adopted: `sha256=` and the hex HMAC of the body. */
export const HUB_SIGNATURE = 'x-hub-signature-256';

export const proveHubSignature = (delivery: IncomingDelivery, secret: string): Proof =>
  proveHmac(
    header(delivery, HUB_SIGNATURE),
    { algorithm: 'sha256', prefix: 'sha256=' },
    delivery.raw,
    secret,
  );
