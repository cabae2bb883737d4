import { hash, timingSafeEqual } from 'node:crypto';
import type { Revealable } from './ports.ts';

const digestOf = (text: string): Uint8Array => hash('sha256', text, 'buffer');

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
    .map((entry) => ({ entry, digest: digestOf(entry.value.reveal()) }));
  return (shown) => {
    const digest = digestOf(shown);
    let found: T | null = null;
    for (const { entry, digest: other } of known) {
      if (timingSafeEqual(digest, other)) found = entry;
    }
    return found;
  };
};
