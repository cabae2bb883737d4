import { hash, timingSafeEqual } from 'node:crypto';
import type { Revealable } from '../ports/ports.ts';

const DIGEST_LENGTH = 64;

/** As hex, which is the fastest way to have it, into bytes that are made once. */
const writeDigest = (text: string, into: Buffer): Buffer => {
  into.write(hash('sha256', text), 'latin1');
  return into;
};

type Digested<T> = { readonly entry: T; readonly digest: Buffer };

/** All are compared, in constant time, whichever it is and however much of it was right. */
const createFinder = <T>(known: readonly Digested<T>[]): ((shown: string) => T | null) => {
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

/**
 * Finds the entry whose value is what was shown. It costs the same whether one is found, which one,
 * and however much of it was right. The values themselves are not kept, and one that is empty lets
 * nobody in.
 */
export const createSecretMatcher = <T extends { readonly value: Revealable }>(
  entries: readonly T[],
): ((shown: string) => T | null) =>
  createFinder(
    entries
      .filter((entry) => entry.value.reveal() !== '')
      .map((entry) => ({
        entry,
        digest: writeDigest(entry.value.reveal(), Buffer.alloc(DIGEST_LENGTH)),
      })),
  );

/** The same for entries of which only the hash is known: SHA-256 in lower-case hexadecimal digits. */
export const createHashMatcher = <T extends { readonly hash: string }>(
  entries: readonly T[],
): ((shown: string) => T | null) =>
  createFinder(
    entries.map((entry) => ({
      entry,
      digest: Buffer.from(entry.hash.padEnd(DIGEST_LENGTH), 'latin1'),
    })),
  );
