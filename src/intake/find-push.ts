import { parseDigest } from '../core/digest.ts';
import { canonicalHost, parseImageReference } from '../core/image-reference.ts';
import type { IgnoredEvent } from '../core/push.ts';
import { printable } from './printable.ts';
import type { Finding } from './sender.ts';

/** Something that asks for nothing; `about` is made harmless here, and left out where nothing of it is left. */
export const ignore = (reason: string, about?: string | null): IgnoredEvent => {
  const shown = about === undefined || about === null ? '' : printable(about).trim();
  return shown === '' ? { reason } : { reason, about: shown };
};

/** No valid reference is longer; what is, is not even looked at. */
export const LONGEST_REFERENCE = 600;

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
  if (about.length > LONGEST_REFERENCE) return ignore('malformed-image', about);
  const parsed = parseImageReference(about);
  if (!parsed.ok || parsed.image.tag !== tag) return ignore('malformed-image', about);
  if (parsed.image.registry !== canonicalHost(registry)) return ignore('unusable-registry', about);
  const claimed = digest === undefined || digest === null || digest === '' ? null : digest;
  const parsedDigest = claimed === null ? null : parseDigest(claimed);
  if (claimed !== null && parsedDigest === null) return ignore('malformed-digest', about);
  return { image: { ...parsed.image, tag, digest: null }, digest: parsedDigest };
};
