import type { Digest } from './digest.ts';
import type { ImageReference } from './image-reference.ts';

/** One image and tag that a sender reported as pushed, with the digest if it gave one. */
export type ImagePush = {
  readonly image: ImageReference & { readonly tag: string };
  readonly digest: Digest | null;
};

/** A part of a delivery that asks for nothing, and why. */
export type IgnoredEvent = {
  /** Kebab-case and stable: `not-a-push`, `no-tag`, `not-an-image`, `malformed-image`, … */
  readonly reason: string;
  /** What it was about, as the sender spelled it, shortened and without control characters. */
  readonly about?: string;
  /** A sentence for a person: what is wrong with it and what was expected. */
  readonly detail?: string;
};
