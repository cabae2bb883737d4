import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { createLabelLimit, OTHER } from './metrics-label-limit.ts';

it('keeps the first values, those known before them, and makes the rest one', () => {
  const limit = createLabelLimit(3, ['known']);
  expect(['a', 'b', 'c', 'a', 'known', 'd'].map(limit)).toEqual([
    'a',
    'b',
    OTHER,
    'a',
    'known',
    OTHER,
  ]);
});

it('never gives more than it may, and always the same for the same', () => {
  fc.assert(
    fc.property(fc.array(fc.string()), fc.nat(5), (values, most) => {
      const limit = createLabelLimit(most);
      const first = values.map(limit);
      expect(new Set(first.filter((value) => value !== OTHER)).size).toBeLessThanOrEqual(most);
      expect(values.map(limit)).toEqual(first);
    }),
  );
});
