import type { Digest } from '../../core/image/digest.ts';
import { imageWithTag } from '../../core/image/image-reference.ts';
import { BURST_LONGEST_MS, BURST_MS } from '../../core/check/look-timing.ts';
import type { LookUp } from '../../core/image/published.ts';
import type { TaggedImage } from '../../core/contract/registries.ts';

export type SeenDigests = {
  /** What a look-up that was begun at `at`, ms since the epoch, was answered. */
  readonly keep: (image: TaggedImage, lookUp: LookUp, at: number) => void;
  /** The answer of a moment ago where it shows `named`; else null: then the registry is to be asked. */
  readonly find: (image: TaggedImage, named: Digest | null, now: number) => Seen | null;
};

/** An answer, and when the registry was asked for it. */
export type Seen = { readonly lookUp: LookUp; readonly at: number };

/** The hooks of one burst come within this time of its first look. */
const A_MOMENT_MS = BURST_MS + BURST_LONGEST_MS;
/** Of so many tags; which one more replaces the oldest. */
const MOST = 10_000;

/**
 * What registries showed a moment ago. Hooks that name what was seen since tell nothing new, so that the
 * look which ends their burst need not ask again; those that name none, or another, may.
 *
 * Shortcut: 10,000 hooks for 100 images are 100 lookups instead of 200 (docs/adr/0002-one-more-check-for-a-burst.md).
 */
export const createSeenDigests = (isOn = true): SeenDigests => {
  const seen = new Map<string, Seen & { readonly digest: Digest }>();
  return {
    keep: (image, lookUp, at) => {
      const key = imageWithTag(image);
      seen.delete(key);
      if (!isOn || lookUp.kind !== 'published') return;
      seen.set(key, { lookUp, digest: lookUp.digest, at });
      for (const oldest of seen.keys()) {
        if (seen.size <= MOST) break;
        seen.delete(oldest);
      }
    },
    find: (image, named, now) => {
      if (named === null) return null;
      const last = seen.get(imageWithTag(image));
      const isRecent = last !== undefined && Math.abs(now - last.at) < A_MOMENT_MS;
      return isRecent && last.digest === named ? last : null;
    },
  };
};
