import { parseDigest } from '../core/digest.ts';
import {
  hasWrittenTag,
  type ImageReference,
  isTag,
  parseImageReference,
} from '../core/image-reference.ts';
import { ignore, LONGEST_REFERENCE } from './find-push.ts';
import type { Finding } from './sender.ts';

export type ClaimedImage = {
  /** As people write it: `acme/app:v1`, `registry.local:5000/app@sha256:…`. */
  readonly image: string;
  readonly tag?: string | null | undefined;
  readonly digest?: string | null | undefined;
};

const parseOn = (registry: string | null, text: string): ImageReference | null => {
  if (text.length > LONGEST_REFERENCE) return null;
  const parsed = parseImageReference(text);
  if (!parsed.ok) return null;
  const namesNone =
    parsed.image.registry === 'docker.io' &&
    !/^(?:docker\.io|(?:index|registry-1)\.docker\.io)\//.test(text);
  if (registry === null || !namesNone) return parsed.image;
  const there = parseImageReference(`${registry}/${text}`);
  return there.ok ? there.image : null;
};

const differ = (one: string | null, other: string | null): boolean =>
  one !== null && other !== null && one !== other;

/**
 * The push of an image that is written out whole, with tag and digest in it or beside it; what is
 * said twice must agree. An image without a tag is that of `latest`, as everywhere, and a digest beside
 * it is what `docker push` printed for that. Only `name@digest` has a digest in the place of the tag: no
 * tag was pushed then, and there is nothing to look at.
 */
export const findImage = (claimed: ClaimedImage, registry: string | null): Finding => {
  const { image: text } = claimed;
  const image = parseOn(registry, text);
  if (image === null) return ignore('malformed-image', text);
  const written = hasWrittenTag(text) ? image.tag : null;
  const beside = claimed.tag === undefined || claimed.tag === '' ? null : claimed.tag;
  const digestText = claimed.digest === undefined || claimed.digest === '' ? null : claimed.digest;
  const digest = digestText === null ? null : parseDigest(digestText);
  if (digestText !== null && digest === null) return ignore('malformed-digest', text);
  if (differ(written, beside) || differ(image.digest, digest)) return ignore('contradiction', text);
  const tag = beside ?? image.tag;
  if (tag === null) return ignore('no-tag', text);
  if (!isTag(tag)) return ignore('malformed-image', `${text}:${tag}`);
  return { image: { ...image, tag, digest: null }, digest: digest ?? image.digest };
};
