import { expect, test } from 'vitest';
import { rolloutWords } from './rollout-words.ts';

const ROLLOUT = {
  state: 'verifying',
  running: 1,
  desired: 3,
  starting: 0,
  pullingSince: null,
  isGoingBack: false,
} as const;

test.each([
  [{}, '1 of 3 tasks done; waiting between tasks'],
  [{ starting: 1 }, '1 of 3 tasks done; 1 starting'],
  [{ starting: 1, pullingSince: '2026-01-01T10:00:00Z' }, '1 of 3 tasks done'],
  [{ running: 3 }, '3 of 3 tasks done; watching whether they stay up'],
  [{ running: 1, desired: 1 }, '1 of 1 task done; watching whether they stay up'],
  [{ running: 2, isGoingBack: true }, 'going back: 2 of 3 tasks ready; waiting between tasks'],
  [{ running: null, desired: null }, 'the update is being sent'],
  [{ state: 'queued' as const, running: null }, 'waits for its turn'],
])('%o: %s', (change, expected) => {
  expect(rolloutWords({ ...ROLLOUT, ...change })).toBe(expected);
});
