import { parseDigest } from '../core/image/digest.ts';
import { canonicalHost, parseImageReference } from '../core/image/image-reference.ts';
import type { IgnoredEvent } from '../core/image/push.ts';
import { printable } from './printable.ts';
import type { Finding } from './sender.ts';

/**
 * Something that asks for nothing; `about` is made harmless here, and left out where nothing of it is left.
 * `detail` is our own sentence, without a word of the sender's.
 */
export const ignore = (reason: string, about?: string | null, detail?: string): IgnoredEvent => {
  const shown = about === undefined || about === null ? '' : printable(about).trim();
  return {
    reason,
    ...(shown === '' ? {} : { about: shown }),
    ...(detail === undefined ? {} : { detail }),
  };
};

/**
 * A digest that cannot be read, such as that of AWS's own sample event, costs the push nothing: the tag is
 * what counts, and the registry says which digest it has.
 */
export const unreadDigest = (about: string): IgnoredEvent =>
  ignore(
    'malformed-digest',
    about,
    'a digest is "sha256:" and 64 hex digits; it is left out, and the tag counts',
  );

const BAD_IMAGE = 'this cannot be a registry, a repository and a tag';

/** No valid reference is longer; what is, is not even looked at. */
export const LONGEST_REFERENCE = 600;
export const TOO_LONG = `an image has at most ${LONGEST_REFERENCE} characters`;

export type ClaimedPush = {
  readonly registry: string;
  readonly repository: string;
  readonly tag: string | null | undefined;
  readonly digest?: string | null | undefined;
};

/**
 * The push that a sender claims in parts, or why it is none. A registry that an image reference
 * cannot name (a bare word: the engine takes it for a folder of Docker Hub) has to be configured.
 */
export const findPush = ({ registry, repository, tag, digest }: ClaimedPush): Finding => {
  const name = `${registry}/${repository}`;
  if (tag === undefined || tag === null || tag === '') return ignore('no-tag', name);
  const about = `${name}:${tag}`;
  if (about.length > LONGEST_REFERENCE) return ignore('malformed-image', about, TOO_LONG);
  const parsed = parseImageReference(about);
  if (!parsed.ok) return ignore('malformed-image', about, parsed.problem);
  if (parsed.image.tag !== tag) return ignore('malformed-image', about, BAD_IMAGE);
  if (parsed.image.registry !== canonicalHost(registry)) return ignore('unusable-registry', about);
  const claimed = digest === undefined || digest === null || digest === '' ? null : digest;
  const parsedDigest = claimed === null ? null : parseDigest(claimed);
  return {
    image: { ...parsed.image, tag, digest: null },
    digest: parsedDigest,
    ...(claimed !== null && parsedDigest === null ? { unread: unreadDigest(about) } : {}),
  };
};
