import { describe, expect, it } from 'vitest';
import { digestOfChar, failedLookup, published } from '../../../test/support/work/make-service.ts';
import { plan, type PlanPolicy, type Step } from './plan.ts';
import type { Lookup } from '../image/published.ts';
import type { Verdict } from './verdict.ts';

const A = digestOfChar('a');
const B = digestOfChar('b');
const ENGINE = { setsDigest: true };
const SWARMPIT = { setsDigest: false };
const PIN: PlanPolicy = { pin: true, handOver: false };
const HAND_OVER: PlanPolicy = { pin: false, handOver: true };
const ALL: PlanPolicy = { pin: true, handOver: true };
const NONE: PlanPolicy = { pin: false, handOver: false };
const unpinned: Verdict = { verdict: 'unknown', reason: 'unpinned', detail: null };
const unreachable: Verdict = { verdict: 'unknown', reason: 'unreachable', detail: 'x' };
const hold = { kind: 'known-bad', since: '2026-01-01T00:00:00Z', deployment: null } as const;

const LEAVE: Step = { kind: 'leave' };
const PINS: Step = { kind: 'deploy', cause: 'unpinned', from: null, to: B };
const HANDS_OVER: Step = { kind: 'deploy', cause: 'handed-over', from: null, to: null };

describe('plan', () => {
  it.each<[string, Verdict, Lookup | null, PlanPolicy, { setsDigest: boolean }, Step]>([
    [
      'obsolete is deployed, whatever the policy',
      { verdict: 'obsolete', from: A, to: B },
      published(B),
      NONE,
      ENGINE,
      { kind: 'deploy', cause: 'digest-differs', from: A, to: B },
    ],
    [
      'updating is looked at again',
      { verdict: 'updating' },
      published(B),
      ALL,
      ENGINE,
      { kind: 'check-again' },
    ],
    ['unpinned is left', unpinned, published(B), NONE, ENGINE, LEAVE],
    ['unpinned is deployed where pinning is asked for', unpinned, published(B), PIN, ENGINE, PINS],
    ['also by a cluster that cannot set it', unpinned, published(B), PIN, SWARMPIT, PINS],
    [
      'unpinned without a digest is left',
      unpinned,
      failedLookup('unreachable'),
      PIN,
      ENGINE,
      LEAVE,
    ],
    ['unknown is left', unreachable, failedLookup('unreachable'), PIN, ENGINE, LEAVE],
    ['an engine is handed nothing', unreachable, failedLookup('unreachable'), ALL, ENGINE, LEAVE],
    [
      'a cluster that looks itself is handed it',
      unreachable,
      failedLookup('unreachable'),
      HAND_OVER,
      SWARMPIT,
      HANDS_OVER,
    ],
    ['but not without the policy', unreachable, failedLookup('unreachable'), PIN, SWARMPIT, LEAVE],
    [
      'nor what was never asked for',
      { verdict: 'unknown', reason: 'not-checked', detail: null },
      null,
      ALL,
      SWARMPIT,
      LEAVE,
    ],
    [
      'nor what is malformed',
      { verdict: 'unknown', reason: 'malformed', detail: null },
      null,
      ALL,
      SWARMPIT,
      LEAVE,
    ],
    ['current is left', { verdict: 'current' }, published(B), ALL, SWARMPIT, LEAVE],
    ['diverged is left', { verdict: 'diverged', running: [A] }, published(B), ALL, SWARMPIT, LEAVE],
    ['pinned is left', { verdict: 'pinned' }, null, ALL, SWARMPIT, LEAVE],
    ['excluded is left', { verdict: 'excluded', reason: 'label' }, null, ALL, SWARMPIT, LEAVE],
    ['held is left', { verdict: 'held', hold, from: A, to: B }, published(B), ALL, SWARMPIT, LEAVE],
  ])('%s', (_name, verdict, lookup, policy, capabilities, expected) => {
    expect(plan(verdict, lookup, policy, capabilities)).toEqual(expected);
  });
});
