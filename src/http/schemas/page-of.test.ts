import { expect, test } from 'vitest';
import { pageOf } from './page-of.ts';

const page = (letters: string, limit: number, after: string | null = null) => {
  const { items, next } = pageOf(letters.split(''), (letter) => letter, { limit, after });
  return [items.join(''), next];
};

test('a list is given in parts, each after the one before', () => {
  expect(page('abcde', 2)).toEqual(['ab', 'b']);
  expect(page('abcde', 2, 'b')).toEqual(['cd', 'd']);
  expect(page('abcde', 2, 'd')).toEqual(['e', null]);
  expect(page('abcd', 2, 'b')).toEqual(['cd', null]);
  expect(page('', 2)).toEqual(['', null]);
});

test('after what is gone the list begins anew', () => {
  expect(page('abcde', 2, 'x')).toEqual(['ab', 'b']);
});
