import { parseDigest } from '../core/image/digest.ts';
import { canonicalHost, parseImageReference } from '../core/image/image-reference.ts';
import type { IgnoredEvent } from '../core/image/push.ts';
import { printable } from './printable.ts';
import type { Finding } from './sender.ts';

/**
 * An event that asks for nothing. `about` is sanitised here, and left out if nothing remains. `detail` is our own
 * sentence, without any of the sender's words.
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
 * A push with an unreadable digest, such as AWS's own sample event, still counts: the tag decides, and the registry
 * knows its digest.
 */
export const unreadDigest = (about: string): IgnoredEvent =>
  ignore(
    'malformed-digest',
    about,
    'a digest is "sha256:" and 64 hex digits; it is left out, and the tag counts',
  );

const BAD_IMAGE = 'this cannot be a registry, a repository and a tag';

/** No valid reference is longer. Longer ones are not parsed at all. */
export const LONGEST_REFERENCE = 600;
export const TOO_LONG = `an image has at most ${LONGEST_REFERENCE} characters`;

export type ClaimedPush = {
  readonly registry: string;
  readonly repository: string;
  readonly tag: string | null | undefined;
  readonly digest?: string | null | undefined;
};

/**
 * The push that a sender describes in parts, or why it is none. A registry that an image reference cannot name (a bare
 * word, which the engine takes for a folder of Docker Hub) must be configured.
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
