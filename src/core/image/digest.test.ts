import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDigest, shortDigest } from './digest.ts';

const hex = (length: number): fc.Arbitrary<string> =>
  fc.string({
    unit: fc.constantFrom(...'0123456789abcdef'.split('')),
    minLength: length,
    maxLength: length,
  });

describe('parseDigest', () => {
  it.each([
    ['sha256', 64],
    ['sha384', 96],
    ['sha512', 128],
  ])('takes %s with %i lower-case hex digits', (algorithm, length) => {
    fc.assert(
      fc.property(hex(length), (digits) => {
        const text = `${algorithm}:${digits}`;
        expect(parseDigest(text)).toBe(text);
        expect(parseDigest(`${text}0`)).toBeNull();
        expect(parseDigest(text.slice(0, -1))).toBeNull();
      }),
    );
  });

  it.each([
    [''],
    ['sha256'],
    ['sha256:'],
    [`sha256:${'A'.repeat(64)}`],
    [`sha256:${'g'.repeat(64)}`],
    [`sha256:${'a'.repeat(63)}\n`],
    [`sha256:${'a'.repeat(64)}\n`],
    [` sha256:${'a'.repeat(64)}`],
    [`SHA256:${'a'.repeat(64)}`],
    [`sha512:${'a'.repeat(64)}`],
    [`md5:${'a'.repeat(32)}`],
    [`:${'a'.repeat(64)}`],
    ['a'.repeat(64)],
    // Property names that every object has are not algorithms.
    [`constructor:${'a'.repeat(64)}`],
    [`__proto__:${'a'.repeat(64)}`],
    [`toString:${'a'.repeat(64)}`],
  ])('takes no %j', (text) => {
    expect(parseDigest(text)).toBeNull();
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        parseDigest(text);
      }),
    );
  });
});

it('shortens to the first twelve digits', () => {
  const digest = parseDigest(`sha256:0123456789abcdef${'0'.repeat(48)}`);
  expect(digest === null ? null : shortDigest(digest)).toBe('0123456789ab');
});
