import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { parseCursor, printCursor } from './cursor.ts';
import { Problem } from '../problem/problem.ts';

it('gives any position back, through an address unchanged', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 60 }), (position) => {
      const cursor = printCursor(position);
      expect(encodeURIComponent(cursor)).toBe(cursor);
      expect(parseCursor(cursor)).toBe(position.toWellFormed());
    }),
  );
});

it('refuses what it did not make', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect(() => parseCursor(text)).toThrow(Problem);
    }),
  );
});
