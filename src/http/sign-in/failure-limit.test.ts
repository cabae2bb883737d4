import { expect, it } from 'vitest';
import { createFailureLimit } from './failure-limit.ts';

type Count = ReturnType<typeof createFailureLimit>;
/** Seconds to wait; null while failures are allowed. */
const wait = (count: Count, address = 'a'): number | null => {
  const counted = count(address);
  return counted.kind === 'too-many' ? counted.seconds : null;
};

const fail = (count: Count, times: number, address = 'a') =>
  Array.from({ length: times }, () => wait(count, address)).filter((one) => one !== null).length;

it('lets a hundred pass, tells the next to wait, and forgives one a second', () => {
  let now = 0;
  const count = createFailureLimit(() => now);
  expect(fail(count, 100)).toBe(0);
  expect(wait(count, 'a')).toBe(1);
  expect(wait(count, 'b')).toBeNull();
  now = 1500;
  expect(wait(count, 'a')).toBeNull();
  expect(wait(count, 'a')).toBe(1);
  now = 1_000_000;
  expect(fail(count, 100)).toBe(0);
});

it('remembers a bounded number of addresses', () => {
  const count = createFailureLimit(() => 0);
  expect(fail(count, 101)).toBe(1);
  for (let other = 0; other < 10_000; other += 1) count(`other-${other}`);
  expect(wait(count, 'a')).toBeNull();
});

it('bears a clock that goes back', () => {
  let now = 1000;
  const count = createFailureLimit(() => now);
  fail(count, 100);
  now = 0;
  expect(wait(count, 'a')).toBeGreaterThan(0);
});

it('tells how much of what is borne is used up', () => {
  const count = createFailureLimit(() => 0);
  expect(count('a')).toEqual({ kind: 'borne', share: 0.01 });
  fail(count, 98);
  expect(count('a')).toEqual({ kind: 'borne', share: 1 });
});

it('counts the addresses of one IPv6 network together', () => {
  const count = createFailureLimit(() => 0);
  for (let host = 0; host < 100; host += 1) count(`2001:db8:0:1::${host.toString(16)}`);
  expect(wait(count, '2001:db8:0:1:ffff:ffff:ffff:ffff')).toBe(1);
  expect(wait(count, '2001:db8::1:0:0:0:1')).toBe(1);
  expect(wait(count, '2001:db8:0:2::1')).toBeNull();
  expect(wait(count, '::1')).toBeNull();
});
