import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matchesGlob } from './glob.ts';

/** The definition, written as plainly as possible. */
const asRegex = (pattern: string): RegExp => {
  const source = pattern.split('').map((each) => {
    if (each === '*') return '.*';
    return each === '?' ? '.' : each.replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`);
  });
  return new RegExp(`^${source.join('')}$`, 's');
};

describe('matchesGlob', () => {
  it.each([
    ['web', 'web', true],
    ['web', 'web2', false],
    ['web', 'a-web', false],
    ['*', '', true],
    ['*', 'anything\nat all', true],
    ['', '', true],
    ['', 'x', false],
    ['?', '', false],
    ['?', 'x', true],
    ['w?b', 'web', true],
    ['w?b', 'wb', false],
    ['*_web', 'shop_web', true],
    ['shop_*', 'shop_web', true],
    ['*a*b*c*', 'xxaxxbxxcxx', true],
    ['*a*b*c*', 'xxaxxcxxbxx', false],
    ['a*a', 'a', false],
    ['***', 'x', true],
    ['*.*', 'ab', false],
    ['docker.io/acme/*', 'docker.io/acme/team/app', true],
    ['docker.io/acme/*', 'dockerxio/acme/app', false],
    ['[ab]', 'a', false],
    ['Web', 'web', false],
  ])('%j and %j: %s', (pattern, text, expected) => {
    expect(matchesGlob(pattern, text)).toBe(expected);
  });

  it('means what the naive expression means', () => {
    const some = (characters: string): fc.Arbitrary<string> =>
      fc.string({ unit: fc.constantFrom(...characters.split('')), maxLength: 12 });
    fc.assert(
      fc.property(some('ab*?*?.[$\n'), some('aabb.[$\n'), (pattern, text) => {
        expect(matchesGlob(pattern, text)).toBe(asRegex(pattern).test(text));
      }),
      { numRuns: 2_000 },
    );
  });

  it('is done soon with what makes an expression try for ever', () => {
    const began = performance.now();
    expect(matchesGlob(`${'*a'.repeat(50)}*b`, 'a'.repeat(100_000))).toBe(false);
    expect(performance.now() - began).toBeLessThan(2_000);
  });
});
