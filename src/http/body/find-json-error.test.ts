import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { findJsonError } from './find-json-error.ts';

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

it.each([
  ['', 1, 1],
  ['{"a": }', 1, 7],
  ['{"a": 1,\n "b": 2,\n}', 3, 1],
  ['[1 2]', 1, 4],
  ['{"a" 1}', 1, 6],
  ['{a: 1}', 1, 2],
  ['[1}', 1, 3],
  ['01', 1, 1],
  ['"\n"', 1, 1],
  ['{}{}', 1, 3],
  ['nulls', 1, 1],
  ['[', 1, 2],
])('%j breaks at line %i column %i', (text, line, column) => {
  expect(findJsonError(text)).toEqual({ line, column });
});

it('finds a mistake exactly where the parser of the language does not parse', () => {
  const changed = fc
    .tuple(
      fc.json(),
      fc.nat(),
      fc.constantFrom('', ',', '}', ']', '"', '\\', '\n', '1', '-', 'x', ':'),
    )
    .map(([text, where, put]) => {
      const index = where % (text.length + 1);
      return text.slice(0, index) + put + text.slice(index + (where % 2));
    });
  fc.assert(
    fc.property(fc.oneof(changed, fc.json(), fc.string()), (text) => {
      expect(findJsonError(text) === null).toBe(isJson(text));
    }),
    { numRuns: 3000 },
  );
});
