import { expect, it } from 'vitest';
import { SESSION_IDLE_MS, SESSION_LONGEST_MS, sessionEnd } from './session.ts';

const HOUR = 3_600_000;

it.each([
  ['at first after 12 hours', 0, 12 * HOUR],
  ['12 hours after its last use', 5 * HOUR, 17 * HOUR],
  ['after 7 days however much it is used', 7 * 24 * HOUR - 1, 7 * 24 * HOUR],
])('a session ends %s', (_when, usedAt, end) => {
  expect(sessionEnd({ createdAt: 0, usedAt })).toBe(end);
});

it('a session is not ended by use', () => {
  expect(SESSION_IDLE_MS).toBeLessThan(SESSION_LONGEST_MS);
});
