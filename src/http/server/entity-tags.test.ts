import { expect, it } from 'vitest';
import { isNamed } from './entity-tags.ts';

it.each([
  ['"a"', true],
  ['W/"a"', true],
  ['"b", W/"a" ,"c"', true],
  ['*', true],
  ['"b"', false],
  ['a', false],
  ['', false],
  ['"a b"', false],
])('%s names "a": %s', (header, named) => {
  expect(isNamed('"a"', header)).toBe(named);
});
