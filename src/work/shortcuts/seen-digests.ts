import type { Digest } from '../../core/image/digest.ts';
import { imageWithTag } from '../../core/image/image-reference.ts';
import { BURST_LONGEST_MS, BURST_MS } from '../../core/check/check-timing.ts';
import type { Lookup } from '../../core/image/published.ts';
import type { TaggedImage } from '../../core/contract/registries.ts';

export type SeenDigests = {
  /** Keeps the answer to a lookup that started at `at`, in ms since the epoch. */
  readonly keep: (image: TaggedImage, lookup: Lookup, at: number) => void;
  /** A recent answer, if it shows `named`; otherwise null: ask the registry. */
  readonly find: (image: TaggedImage, named: Digest | null, now: number) => Seen | null;
};

/** An answer, and when the registry was asked. */
export type Seen = { readonly lookup: Lookup; readonly at: number };

/** The webhooks of one burst arrive within this time of its first check. */
const A_MOMENT_MS = BURST_MS + BURST_LONGEST_MS;
/** Maximum number of tags. One more replaces the oldest. */
const MOST = 10_000;

/**
 * What registries showed a moment ago. A webhook that names a digest seen since then is no news, so the check that
 * ends its burst need not ask again. A webhook that names another digest, or none, may be news.
 *
 * Shortcut: 10,000 webhooks for 100 images cause 100 lookups instead of 200
 * (docs/adr/0002-one-more-check-for-a-burst.md).
 */
export const createSeenDigests = (isOn = true): SeenDigests => {
  const seen = new Map<string, Seen & { readonly digest: Digest }>();
  return {
    keep: (image, lookup, at) => {
      const key = imageWithTag(image);
      seen.delete(key);
      if (!isOn || lookup.kind !== 'published') return;
      seen.set(key, { lookup, digest: lookup.digest, at });
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
