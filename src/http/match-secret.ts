import { hash, timingSafeEqual } from 'node:crypto';
import type { Revealable } from './ports.ts';

const DIGEST_LENGTH = 64;

/** As hex, which is the fastest way to have it, into bytes that are made once. */
const writeDigest = (text: string, into: Buffer): Buffer => {
  into.write(hash('sha256', text), 'latin1');
  return into;
};

/**
 * Finds the entry whose value is what was shown. It costs the same whether one is found, which one,
 * and however much of it was right: digests are compared, all of them, in constant time. The values
 * themselves are not kept, and one that is empty lets nobody in.
 */
export const createSecretMatcher = <T extends { readonly value: Revealable }>(
  entries: readonly T[],
): ((shown: string) => T | null) => {
  const known = entries
    .filter((entry) => entry.value.reveal() !== '')
    .map((entry) => ({
      entry,
      digest: writeDigest(entry.value.reveal(), Buffer.alloc(DIGEST_LENGTH)),
    }));
  const scratch = Buffer.alloc(DIGEST_LENGTH);
  return (shown) => {
    const digest = writeDigest(shown, scratch);
    let found: T | null = null;
    for (const { entry, digest: other } of known) {
      if (timingSafeEqual(digest, other)) found = entry;
    }
    return found;
  };
};
