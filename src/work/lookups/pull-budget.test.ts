import { expect, test } from 'vitest';
import { createPullBudget } from './pull-budget.ts';

const HOUR_MS = 3_600_000;
const quota = (remaining: number) => ({
  host: 'docker.io',
  limit: 100,
  remaining,
  windowSeconds: 6 * 3600,
  at: 0,
});

test.each([
  ['plenty is left', [quota(60)], HOUR_MS, null],
  ['as much as the reserve is left', [quota(25)], HOUR_MS, null],
  ['less than the reserve is left', [quota(24)], HOUR_MS, /24 of 100 pulls left.*reserve of 25/],
  ['the window has passed since', [quota(0)], 7 * HOUR_MS, null],
  ['nothing was told', [], HOUR_MS, null],
] as const)('%s', (_, quotas, now, expected) => {
  const spent = createPullBudget(
    () => quotas,
    new Map([['docker.io', 25]]),
    () => now,
  )('docker.io');
  if (expected === null) expect(spent).toBeNull();
  else expect(spent).toMatch(expected);
});
