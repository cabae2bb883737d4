import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makeService } from '../../../test/support/work/make-service.ts';
import { rolloutTimeout } from './deadline.ts';
import type { Service, UpdatePolicy } from '../swarm/service.ts';

const MINUTE = 60_000;
const policy = (change: Partial<UpdatePolicy> = {}): UpdatePolicy => ({
  parallelism: 1,
  delayMs: 0,
  monitorMs: 5_000,
  failureAction: 'pause',
  order: 'stop-first',
  ...change,
});
const replicas = (desired: number): Service['replicas'] => ({ running: desired, desired });

describe('rolloutTimeout', () => {
  it.each<[string, Partial<Service>, number]>([
    ['never less than five minutes', { replicas: replicas(1) }, 5 * MINUTE],
    ['nor with no replicas', { replicas: replicas(0) }, 5 * MINUTE],
    ['nor where they are not told', { replicas: null }, 5 * MINUTE],
    ['one round for each task', { replicas: replicas(10) }, 10 * (2 * MINUTE + 5_000)],
    [
      'rounds of several',
      { replicas: replicas(10), updatePolicy: policy({ parallelism: 4 }) },
      3 * (2 * MINUTE + 5_000),
    ],
    [
      'all at once',
      { replicas: replicas(1_000), updatePolicy: policy({ parallelism: 0 }) },
      5 * MINUTE,
    ],
    [
      'delay, monitor and health check count for each',
      {
        replicas: replicas(3),
        updatePolicy: policy({ delayMs: MINUTE, monitorMs: 2 * MINUTE }),
        healthGraceMs: 3 * MINUTE,
      },
      3 * 8 * MINUTE,
    ],
    ['never more than six hours', { replicas: replicas(100_000) }, 6 * 60 * MINUTE],
    ['a policy that is not told', { updatePolicy: null }, 15 * MINUTE],
    ['the label has the word', { labels: { 'cd-helper.timeout': '90s' } }, 90_000],
    [
      'also where it is longer',
      { labels: { 'cd-helper.timeout': '1d' }, updatePolicy: null },
      24 * 60 * MINUTE,
    ],
    [
      'a label that is no duration says nothing',
      { labels: { 'cd-helper.timeout': '90' } },
      5 * MINUTE,
    ],
  ])('%s', (_name, change, expected) => {
    expect(rolloutTimeout(makeService(change))).toBe(expected);
  });

  it('always comes, and never at once', () => {
    const any = fc.record({
      desired: fc.integer({ min: 0, max: 1e9 }),
      parallelism: fc.integer({ min: 0, max: 1e6 }),
      delayMs: fc.integer({ min: 0, max: 1e12 }),
      monitorMs: fc.integer({ min: 0, max: 1e12 }),
    });
    fc.assert(
      fc.property(any, ({ desired, ...rest }) => {
        const change = { replicas: replicas(desired), updatePolicy: policy(rest) };
        const timeout = rolloutTimeout(makeService(change));
        expect(timeout).toBeGreaterThanOrEqual(5 * MINUTE);
        expect(timeout).toBeLessThanOrEqual(6 * 60 * MINUTE);
      }),
    );
  });
});
