import { hash, timingSafeEqual } from 'node:crypto';
import type { Revealable } from '../ports/ports.ts';

const DIGEST_LENGTH = 64;

/** As hex, which is the fastest form to get, into a preallocated buffer. */
const writeDigest = (text: string, into: Buffer): Buffer => {
  into.write(hash('sha256', text), 'latin1');
  return into;
};

type Digested<T> = { readonly entry: T; readonly digest: Buffer };

/** Compares all of them in constant time, regardless of the match and of how much was right. */
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
 * Finds the entry with the given value. It takes the same time whether one is found, which one, and however much of it
 * was right. The values themselves are not stored, and an empty one matches nothing.
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

/** The same for entries with only a hash: SHA-256 in lower-case hexadecimal digits. */
export const createHashMatcher = <T extends { readonly hash: string }>(
  entries: readonly T[],
): ((shown: string) => T | null) =>
  createFinder(
    entries.map((entry) => ({
      entry,
      digest: Buffer.from(entry.hash.padEnd(DIGEST_LENGTH), 'latin1'),
    })),
  );
