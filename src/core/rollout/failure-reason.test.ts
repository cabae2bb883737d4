import { expect, it } from 'vitest';
import {
  condemnsDigest,
  FAILURE_REASONS,
  holdsAs,
  leavesService,
  mayPass,
} from './failure-reason.ts';

it('condemns a digest only for what speaks against it, and retries only what may pass', () => {
  expect(FAILURE_REASONS.filter(condemnsDigest)).toEqual(['task-failed', 'unhealthy']);
  expect(FAILURE_REASONS.filter((reason) => holdsAs(reason) === 'left-by-person')).toEqual([
    'left-by-person',
  ]);
  expect(FAILURE_REASONS.filter(mayPass)).toEqual([
    'image-unavailable',
    'not-started',
    'node-away',
    'no-fitting-node',
    'update-paused',
    'engine-rollback',
    'deadline',
  ]);
});

it.each(FAILURE_REASONS)('%s has one consequence for the service', (reason) => {
  const isHeld = holdsAs(reason) !== null;
  expect(isHeld && mayPass(reason)).toBe(false);
  expect(leavesService(reason) && (condemnsDigest(reason) || mayPass(reason))).toBe(false);
});

it('takes a reason that an earlier version stored for one without consequences', () => {
  const unknown = 'of-old' as (typeof FAILURE_REASONS)[number];
  expect([holdsAs(unknown), mayPass(unknown), leavesService(unknown)]).toEqual([
    null,
    false,
    false,
  ]);
});
