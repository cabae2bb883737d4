import { expect, it } from 'vitest';
import { sharedForAWhile } from './shared-answer.ts';

const KEPT_MS = 500;

it('is made once for everybody who asks within the time, and again after it', async () => {
  let now = 0;
  let made = 0;
  const ask = sharedForAWhile(
    async () => (made += 1),
    KEPT_MS,
    () => now,
  );
  expect(await Promise.all([ask(), ask(), ask()])).toEqual([1, 1, 1]);
  now += KEPT_MS - 1;
  expect(await ask()).toBe(1);
  now += 1;
  expect(await ask()).toBe(2);
  // The clock was set back.
  now -= 10 * KEPT_MS;
  expect(await ask()).toBe(3);
});

it('is not begun a second time while it takes long', async () => {
  let now = 0;
  const { promise, resolve } = Promise.withResolvers<string>();
  let begun = 0;
  const make = () => {
    begun += 1;
    return promise;
  };
  const ask = sharedForAWhile(make, KEPT_MS, () => now);
  const first = ask();
  now += 10 * KEPT_MS;
  const second = ask();
  resolve('made');
  expect([await first, await second, begun]).toEqual(['made', 'made', 1]);
});

it('is made anew after a failure', async () => {
  let made = 0;
  const make = async () => {
    made += 1;
    if (made === 1) throw new Error('not yet');
    return made;
  };
  const ask = sharedForAWhile(make, KEPT_MS, () => 0);
  await expect(ask()).rejects.toThrow('not yet');
  expect(await ask()).toBe(2);
});
