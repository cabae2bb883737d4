import { createHmac, hash, timingSafeEqual } from 'node:crypto';
import type { IncomingDelivery } from '../core/contract/delivery.ts';
import { header } from './header.ts';
import type { Proof } from './sender.ts';

const digestOf = (text: string): Uint8Array => hash('sha256', text, 'buffer');

/** Whether two texts are the same, in a time that tells nothing about either. */
export const sameText = (one: string, other: string): boolean =>
  timingSafeEqual(digestOf(one), digestOf(other));

/** Gitea and Forgejo send an empty signature where no secret is set: an empty proof proves and refuses nothing. */
const isAbsent = (shown: string | null): shown is null | '' => shown === null || shown === '';

/** What a token says that a sender shows as it is; an empty secret proves nothing. */
export const proveToken = (shown: string | null, secret: string): Proof => {
  if (isAbsent(shown)) return 'absent';
  return sameText(shown, secret) && secret !== '' ? 'right' : 'wrong';
};

/** What a hex HMAC over the bytes as they came says; `prefix` is what the sender puts before it. */
export const proveHmac = (
  shown: string | null,
  { algorithm, prefix }: { readonly algorithm: 'sha1' | 'sha256'; readonly prefix: string },
  raw: Uint8Array,
  secret: string,
): Proof => {
  // Without a secret Gitea sends GitHub's header as well, with nothing behind its prefix.
  if (isAbsent(shown) || shown === prefix) return 'absent';
  const expected = prefix + createHmac(algorithm, secret).update(raw).digest('hex');
  return sameText(shown.toLowerCase(), expected) && secret !== '' ? 'right' : 'wrong';
};

/** GitHub's header, which others took over: `sha256=` and the hex HMAC of the body. */
export const HUB_SIGNATURE = 'x-hub-signature-256';

export const proveHubSignature = (delivery: IncomingDelivery, secret: string): Proof =>
  proveHmac(
    header(delivery, HUB_SIGNATURE),
    { algorithm: 'sha256', prefix: 'sha256=' },
    delivery.raw,
    secret,
  );
