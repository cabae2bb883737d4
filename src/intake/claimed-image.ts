import { z } from 'zod';
import { findImage } from './find-image.ts';
import { ignore } from './find-push.ts';
import type { Finding } from './sender.ts';

const Claim = z.object({
  image: z.string(),
  tag: z.string().nullish(),
  digest: z.string().nullish(),
});

/**
 * What our own form claims: `{ "image", "tag"?, "digest"? }`, or a list of them, each judged alone.
 * An empty list is malformed, for it names nothing. `about` says of what a malformed one was.
 */
export const judgeClaims = (
  body: unknown,
  registry: string | null,
  about?: string,
): readonly Finding[] => {
  const claims: readonly unknown[] = Array.isArray(body) && body.length > 0 ? body : [body];
  return claims.map((claim) => {
    const image = Claim.safeParse(claim);
    return image.success ? findImage(image.data, registry) : ignore('malformed-payload', about);
  });
};
