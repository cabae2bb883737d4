import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { createBoundedCache } from './bounded-cache.ts';

test('what was used longest ago goes first', () => {
  const gone: number[] = [];
  const cache = createBoundedCache<number>({ entries: 2, onEvict: (value) => gone.push(value) });
  cache.set('a', 1);
  cache.set('b', 2);
  cache.get('a');
  cache.set('c', 3);
  expect([cache.get('a'), cache.get('b'), cache.get('c'), gone]).toEqual([1, undefined, 3, [2]]);
});

test('it never holds more than its limits, and what it gives is what was set last', () => {
  const key = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f');
  const sets = fc.array(fc.tuple(key, fc.integer({ min: 1, max: 9 })), { maxLength: 60 });
  fc.assert(
    fc.property(sets, (writes) => {
      const cache = createBoundedCache<number>({ entries: 4, weight: 15 });
      const last = new Map<string, number>();
      for (const [name, weight] of writes) {
        cache.set(name, weight, weight);
        last.set(name, weight);
        const held = [...last].filter(([each]) => cache.get(each) !== undefined);
        for (const [each, value] of held) expect(cache.get(each)).toBe(value);
        expect(held.length).toBeLessThanOrEqual(4);
        expect(held.reduce((sum, [, value]) => sum + value, 0)).toBeLessThanOrEqual(15);
      }
    }),
  );
});
