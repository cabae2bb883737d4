import { expect, it } from 'vitest';
import { createSignInLimit } from './sign-in-limit.ts';

it('lets a token sign in some thirty times, then once in ten seconds, and no other token waits', () => {
  let now = 0;
  const count = createSignInLimit(() => now);
  const first = Array.from({ length: 30 }, () => count('a'));
  expect(first.every((wait) => wait === null)).toBe(true);
  expect(count('a')).toBe(10);
  expect(count('b')).toBeNull();
  now = 10_000;
  expect(count('a')).toBeNull();
  expect(count('a')).toBe(10);
});
