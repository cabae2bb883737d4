import { imageName, imageWithTag } from '../core/image/image-reference.ts';
import type { AskedPush } from '../core/outcome/asked-push.ts';
import { findImage } from './find-image.ts';

const MALFORMED: Readonly<Record<string, string>> = {
  contradiction: 'image and digest name different digests: send one of them',
  'no-tag': 'image needs a tag, such as docker.io/acme/app:v1: only a tag is pushed',
};

const NO_DIGEST = 'digest must be sha256: and 64 lower-case hexadecimal digits';

/** Parses the image of a query exactly like a pushed one. */
export const readAsked = (
  image: string,
  digest: string | null,
  registry: string | null,
  isAllowed: (name: string) => boolean,
): AskedPush => {
  const found = findImage({ image, digest }, registry);
  if (!('image' in found)) {
    const detail = MALFORMED[found.reason] ?? 'image must be one such as docker.io/acme/app:v1';
    return { kind: 'malformed', detail };
  }
  // A push would count without the digest, but a query with a digest is about that digest.
  if (found.unread !== undefined) return { kind: 'malformed', detail: NO_DIGEST };
  const name = imageName(found.image);
  if (!isAllowed(name)) return { kind: 'not-allowed', image: imageWithTag(found.image) };
  return { kind: 'asked', name, tag: found.image.tag, digest: found.digest };
};
