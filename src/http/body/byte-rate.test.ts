import { expect, it } from 'vitest';
import { createByteRate } from './byte-rate.ts';

it('lets so many bytes through a second, and saves none up', () => {
  let now = 0;
  const mayCome = createByteRate(100, () => now);
  expect([mayCome(60), mayCome(60), mayCome(40), mayCome(1)]).toEqual([true, false, true, false]);
  now += 500;
  expect([mayCome(51), mayCome(50)]).toEqual([false, true]);
  now += 60_000;
  expect([mayCome(101), mayCome(100), mayCome(1)]).toEqual([false, true, false]);
  // The clock was set back: nothing is lost or gained.
  now -= 30_000;
  expect(mayCome(1)).toBe(false);
  now += 1_000;
  expect(mayCome(100)).toBe(true);
});
