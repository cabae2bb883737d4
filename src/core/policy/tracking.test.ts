import { expect, test } from 'vitest';
import { moveReason, moveWords, putBackWords, type TrackingView } from './tracking.ts';

const tracking = (change: Partial<TrackingView> = {}): TrackingView => ({
  policy: 'semver:1.x',
  newest: 'v1.4.2',
  next: 'v1.4.2',
  whyNot: null,
  tags: 214,
  ran: null,
  ...change,
});

test.each([
  [{}, 'v1.3.0 → v1.4.2: matches semver:1.x, newest of 214 tags'],
  [{ tags: 1 }, 'v1.3.0 → v1.4.2: matches semver:1.x, newest of 1 tag'],
  [{ tags: 5_000 }, 'v1.3.0 → v1.4.2: matches semver:1.x, newest of 5,000 tags'],
  [{ tags: null }, 'v1.3.0 → v1.4.2: matches semver:1.x, newest of what was pushed'],
  [{ next: 'v1.4.1' }, 'v1.3.0 → v1.4.1: matches semver:1.x, newest not held of 214 tags'],
  [{ next: null }, null],
])('tells where %j moves', (change, words) => {
  expect(moveWords('v1.3.0', tracking(change))).toBe(words);
});

test('says why without saying where', () => {
  expect(moveReason(tracking())).toBe('matches semver:1.x, newest of 214 tags');
});

test('tells what ran before a service was put back', () => {
  const ran = { tag: 'v1.4.2', since: '2026-11-01T08:00:00.000Z', until: '2026-11-02T09:00:00Z' };
  expect(putBackWords('v1.3.0', tracking({ ran }))).toBe(
    'stack file says v1.3.0, ran v1.4.2 since 2026-11-01T08:00:00.000Z until it was put back at 2026-11-02T09:00:00Z',
  );
  expect(putBackWords('v1.3.0', tracking())).toBeNull();
});
