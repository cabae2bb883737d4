import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDuration } from './duration.ts';

describe('parseDuration', () => {
  it.each([
    ['1ms', 1],
    ['90s', 90_000],
    ['5m', 300_000],
    ['1h30m', 5_400_000],
    ['2d', 172_800_000],
    ['1d2h3m4s5ms', 93_784_005],
    ['007s', 7_000],
    ['1m1m', 120_000],
  ])('reads %s', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  it.each([
    [''],
    ['5'],
    ['0s'],
    ['-5m'],
    ['+5m'],
    ['1.5h'],
    ['5 m'],
    [' 5m'],
    ['5m '],
    ['5m\n'],
    ['5M'],
    ['5w'],
    ['m'],
    ['5ms5'],
    ['٥m'],
    ['99999999999999999999d'],
    [`${'9'.repeat(400)}s`],
  ])('refuses %j', (text) => {
    expect(parseDuration(text)).toBeNull();
  });

  it('adds its parts up', () => {
    const parts = fc.array(
      fc.tuple(fc.integer({ min: 1, max: 1_000 }), fc.constantFrom('ms', 's', 'm', 'h', 'd')),
      { minLength: 1, maxLength: 5 },
    );
    fc.assert(
      fc.property(parts, (all) => {
        const each = all.map(([amount, unit]) => parseDuration(`${amount}${unit}`) ?? Number.NaN);
        const sum = each.reduce((total, ms) => total + ms, 0);
        expect(parseDuration(all.map(([amount, unit]) => amount + unit).join(''))).toBe(sum);
      }),
    );
  });
});
