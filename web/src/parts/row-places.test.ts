import fc from 'fast-check';
import { expect, test } from 'vitest';
import { rowsBetween, rowTops } from './row-places.ts';

const SIZES = [10, 20, 30];
const TOPS = rowTops(SIZES.length, 5, (index) => SIZES[index] ?? 0);

test('rows lie below each other, with a gap between them', () => {
  expect([...TOPS]).toEqual([0, 15, 40, 70]);
  expect([...rowTops(0, 5, () => 10)]).toEqual([0]);
});

test.each<[number, number, number, readonly [number, number]]>([
  [0, 10, 0, [0, 1]],
  [16, 20, 0, [1, 2]],
  [0, 1_000, 0, [0, 3]],
  [-500, -400, 0, [0, 1]],
  [500, 600, 0, [3, 3]],
  [16, 20, 1, [0, 3]],
])('between %i and %i, with %i more: %o', (from, to, more, expected) => {
  expect(rowsBetween(TOPS, [from, to], more)).toEqual(expected);
});

test('no row on the screen is left out', () => {
  const rows = fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 200 });
  fc.assert(
    fc.property(rows, fc.integer({ min: 0, max: 20_000 }), fc.nat(1_000), (sizes, from, height) => {
      const tops = rowTops(sizes.length, 8, (index) => sizes[index] ?? 0);
      const [first, end] = rowsBetween(tops, [from, from + height], 0);
      sizes.forEach((size, index) => {
        const top = tops[index] ?? 0;
        const isSeen = top < from + height && top + size > from;
        if (isSeen) expect(index >= first && index < end).toBe(true);
      });
    }),
  );
});
