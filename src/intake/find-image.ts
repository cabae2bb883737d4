import { parseDigest } from '../core/image/digest.ts';
import {
  hasWrittenTag,
  isTag,
  type ParsedImage,
  parseImageReference,
} from '../core/image/image-reference.ts';
import { ignore, LONGEST_REFERENCE, TOO_LONG, unreadDigest } from './find-push.ts';
import type { Finding } from './sender.ts';

export type ClaimedImage = {
  /** As people write it: `acme/app:v1`, `registry.local:5000/app@sha256:…`. */
  readonly image: string;
  readonly tag?: string | null | undefined;
  readonly digest?: string | null | undefined;
};

const parseOn = (registry: string | null, text: string): ParsedImage => {
  if (text.length > LONGEST_REFERENCE) return { ok: false, problem: TOO_LONG };
  const parsed = parseImageReference(text);
  const namesNone =
    parsed.ok &&
    parsed.image.registry === 'docker.io' &&
    !/^(?:docker\.io|(?:index|registry-1)\.docker\.io)\//i.test(text);
  return registry === null || !namesNone ? parsed : parseImageReference(`${registry}/${text}`);
};

const differ = (one: string | null, other: string | null): boolean =>
  one !== null && other !== null && one !== other;

const orNull = (text: string | null | undefined): string | null =>
  text === undefined || text === '' ? null : text;

/**
 * The push of a completely written image, with tag and digest in it or next to it. Repeated parts must agree. An image
 * without a tag means `latest`, as everywhere, and a digest next to it is what `docker push` printed for that. Only
 * `name@digest` has a digest in place of the tag: then no tag was pushed, and there is nothing to check.
 */
export const findImage = (claimed: ClaimedImage, registry: string | null): Finding => {
  const { image: text } = claimed;
  const [named = '', inText = null] = text.split('@', 2);
  const isUnread = inText !== null && parseDigest(inText) === null;
  const parsed = parseOn(registry, isUnread ? named : text);
  if (!parsed.ok) return ignore('malformed-image', text, parsed.problem);
  const { image } = parsed;
  const written = hasWrittenTag(text) ? image.tag : null;
  const beside = orNull(claimed.tag);
  const digestText = orNull(claimed.digest);
  const digest = digestText === null ? null : parseDigest(digestText);
  if (differ(written, beside)) {
    return ignore('contradiction', text, 'the image has one tag, and "tag" says another');
  }
  if (differ(image.digest, digest)) {
    return ignore('contradiction', text, 'the image has one digest, and "digest" says another');
  }
  const tag = beside ?? image.tag;
  if (tag === null) return ignore('no-tag', text);
  if (!isTag(tag)) {
    const detail = '"tag" is no tag: 1 to 128 letters, digits, "_", "." or "-"';
    return ignore('malformed-image', `${text}:${tag}`, detail);
  }
  return {
    image: { ...image, tag, digest: null },
    digest: digest ?? image.digest,
    ...(isUnread || (digestText !== null && digest === null) ? { unread: unreadDigest(text) } : {}),
  };
};
