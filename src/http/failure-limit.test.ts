import { expect, it } from 'vitest';
import { createFailureLimit } from './failure-limit.ts';

const fail = (count: (address: string) => number | null, times: number, address = 'a') =>
  Array.from({ length: times }, () => count(address)).filter((wait) => wait !== null).length;

it('lets a hundred pass, tells the next to wait, and forgives one a second', () => {
  let now = 0;
  const count = createFailureLimit(() => now);
  expect(fail(count, 100)).toBe(0);
  expect(count('a')).toBe(1);
  expect(count('b')).toBeNull();
  now = 1500;
  expect(count('a')).toBeNull();
  expect(count('a')).toBe(1);
  now = 1_000_000;
  expect(fail(count, 100)).toBe(0);
});

it('remembers a bounded number of addresses', () => {
  const count = createFailureLimit(() => 0);
  expect(fail(count, 101)).toBe(1);
  for (let other = 0; other < 10_000; other += 1) count(`other-${other}`);
  expect(count('a')).toBeNull();
});

it('bears a clock that goes back', () => {
  let now = 1000;
  const count = createFailureLimit(() => now);
  fail(count, 100);
  now = 0;
  expect(count('a')).toBeGreaterThan(0);
});
