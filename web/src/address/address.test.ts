import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseAddress, printAddress } from './address.ts';

test.each([
  ['', { path: [], filters: {} }],
  ['#', { path: [], filters: {} }],
  ['#/', { path: [], filters: {} }],
  ['#/services', { path: ['services'], filters: {} }],
  ['#/services?q=web&verdict=held', { path: ['services'], filters: { q: 'web', verdict: 'held' } }],
  ['#/services/default/shop%2Fweb', { path: ['services', 'default', 'shop/web'], filters: {} }],
  ['#/services/%E0%A4%A', { path: ['services', '%E0%A4%A'], filters: {} }],
  ['#/services?q=a?b', { path: ['services'], filters: { q: 'a?b' } }],
])('%s', (hash, address) => {
  expect(parseAddress(hash)).toEqual(address);
});

test('blank filters are left out', () => {
  expect(printAddress(['services'], { q: '', verdict: null, stack: 'a b' })).toBe(
    '#/services?stack=a+b',
  );
});

test('what is printed is read the same', () => {
  const word = fc.string({ minLength: 1, unit: 'grapheme' });
  fc.assert(
    fc.property(fc.array(word), fc.dictionary(word, word), (path, filters) => {
      expect(parseAddress(printAddress(path, filters))).toEqual({ path, filters });
    }),
  );
});
