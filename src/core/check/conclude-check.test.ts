import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { digestOfChar, failedLookup, published } from '../../../test/support/work/make-service.ts';
import {
  CLUSTER_GIVE_UP_MS,
  clusterFailed,
  concludeCheck,
  type CheckedPush,
  type PushedService,
  NEVER,
  type Now,
} from './conclude-check.ts';
import type { Lookup } from '../image/published.ts';
import type { Hold, Verdict } from '../verdict/verdict.ts';

const A = digestOfChar('a');
const B = digestOfChar('b');
const T = 1_000_000_000;
const HOUR = 3_600_000;

const push = (change: Partial<CheckedPush> = {}): CheckedPush => ({
  receivedAt: T,
  agesFrom: T,
  named: null,
  outcome: null,
  outdated: false,
  ...change,
});
const at = (after: number, attempts = 0): Now => ({ at: T + after, attempts, random: 1 });
const LEAVE = { kind: 'leave' } as const;
const CURRENT: PushedService = { verdict: { verdict: 'current' }, step: LEAVE };
const OBSOLETE: PushedService = {
  verdict: { verdict: 'obsolete', from: A, to: B },
  step: { kind: 'deploy', cause: 'digest-differs', from: A, to: B },
};
const UPDATING: PushedService = {
  verdict: { verdict: 'updating' },
  step: { kind: 'check-again' },
};
const MOVED_ON: PushedService = { ...OBSOLETE, step: { kind: 'check-again' } };
const EXCLUDED: PushedService = {
  verdict: { verdict: 'excluded', reason: 'label' },
  step: LEAVE,
};
const UNREACHABLE: PushedService = {
  verdict: { verdict: 'unknown', reason: 'unreachable', detail: 'x' },
  step: LEAVE,
};
const held = (hold: Hold): PushedService => ({
  verdict: { verdict: 'held', hold, from: A, to: B } satisfies Verdict,
  step: LEAVE,
});
const frozen = (until: number | null): PushedService =>
  held({
    kind: 'frozen',
    reason: 'fair',
    until: until === null ? null : new Date(until).toISOString(),
  });
const known = held({ kind: 'known-bad', since: '2026-01-01T00:00:00Z', deployment: null });
const ENDED = { againAt: null, failed: false };

describe('concludeCheck', () => {
  it.each([
    [
      'is being updated otherwise',
      UPDATING,
      'another update is in progress: the push waits until it ends',
      false,
    ],
    ['had its tag move on meanwhile', MOVED_ON, 'the tag has shown another digest since', true],
  ])('checks soon again at what %s', (_, service, detail, failed) => {
    const concluded = concludeCheck(push({ named: B }), [CURRENT, service], published(B), at(0));
    const againAt = T + 5_000;
    expect(concluded).toEqual({ outcome: 'nothing-to-do', detail, againAt, failed });
  });

  it('waits for the update of somebody else as long as that lives, and asks less often', () => {
    const concluded = concludeCheck(push({ named: B }), [UPDATING], published(B), at(48 * HOUR));
    expect(concluded).toMatchObject({ againAt: T + 48 * HOUR + 30_000, failed: false });
  });

  it.each([
    ['an old push is not given up at its first check', 48 * HOUR, 0, T + 48 * HOUR + 5_000],
    ['nor is one that was looked at often in a short time', HOUR / 4, 100, T + HOUR / 4 + 5_000],
    ['one that is old and was looked at often is', HOUR, 40, null],
  ])('where the tag keeps moving, %s', (_, after, attempts, againAt) => {
    const answer = concludeCheck(push(), [MOVED_ON], published(B), at(after, attempts));
    expect(answer.againAt).toBe(againAt);
  });

  it('counts the age of a push from the thaw', () => {
    const kept = push({ agesFrom: T + 24 * HOUR });
    const answer = concludeCheck(
      kept,
      [UNREACHABLE],
      failedLookup('unreachable'),
      at(24 * HOUR + HOUR / 2, 20),
    );
    expect(answer).toMatchObject({ failed: true, againAt: expect.any(Number) });
  });

  it.each<[string, CheckedPush, readonly PushedService[], Lookup | null, Now, object]>([
    ['no service uses the tag', push(), [], null, at(0), { outcome: 'no-service', ...ENDED }],
    [
      'the services went away after a deployment',
      push({ outcome: 'deployed' }),
      [],
      null,
      at(5_000),
      { outcome: 'deployed', ...ENDED },
    ],
    [
      'deployed what the hook named',
      push({ named: B }),
      [OBSOLETE],
      published(B),
      at(0),
      { outcome: 'deployed', detail: null, ...ENDED },
    ],
    [
      'deployed, but the hook named none: the registry may still lag',
      push(),
      [OBSOLETE],
      published(B),
      at(0),
      { outcome: 'deployed', againAt: T + 5_000, failed: false },
    ],
    [
      'runs what the hook named already',
      push({ named: B }),
      [CURRENT],
      published(B),
      at(0),
      { outcome: 'nothing-to-do', ...ENDED },
    ],
    [
      'the registry does not show it yet',
      push({ named: B }),
      [CURRENT],
      published(A),
      at(0),
      { outcome: 'nothing-to-do', againAt: T + 5_000 },
    ],
    [
      'deployed something else than was named, and looks again',
      push({ named: A }),
      [OBSOLETE],
      published(B),
      at(5_000),
      { outcome: 'deployed', againAt: T + 30_000 },
    ],
    [
      'the registry never showed it',
      push({ named: B }),
      [CURRENT],
      published(A),
      at(120_000),
      { outcome: 'digest-not-seen', ...ENDED },
    ],
    [
      'never showed it, but something was deployed on the way',
      push({ named: B, outcome: 'deployed' }),
      [CURRENT],
      published(A),
      at(120_000),
      { outcome: 'deployed', ...ENDED },
    ],
    [
      'remembers that an earlier check deployed',
      push({ outcome: 'deployed' }),
      [CURRENT],
      published(B),
      at(120_000),
      { outcome: 'deployed', ...ENDED },
    ],
    [
      'says why services were left alone',
      push({ named: B }),
      [known, EXCLUDED, CURRENT],
      published(B),
      at(0),
      { outcome: 'nothing-to-do', detail: 'held (known-bad), excluded (label)', ...ENDED },
    ],
    [
      'every service is excluded: nobody was asked',
      push(),
      [EXCLUDED],
      null,
      at(0),
      { outcome: 'nothing-to-do', detail: 'excluded (label)', ...ENDED },
    ],
    [
      'somebody else updates one of them',
      push({ named: B }),
      [OBSOLETE, UPDATING],
      published(B),
      at(10_000),
      { outcome: 'deployed', againAt: T + 15_000, failed: false },
    ],
  ])('%s', (_name, given, services, lookup, now, expected) => {
    expect(concludeCheck(given, services, lookup, now)).toMatchObject(expected);
  });
});

describe('a registry that cannot tell', () => {
  const check = (lookup: Lookup, now: Now, given = push()) =>
    concludeCheck(given, [UNREACHABLE], lookup, now);

  it.each([
    ['unreachable', 0, 2_000],
    ['unreachable', 1, 4_000],
    ['unreachable', 20, 120_000],
    ['rate-limited', 0, 2_000],
  ] as const)(
    '%s is asked again, later each time (%i failures before)',
    (reason, attempts, wait) => {
      const answer = check(failedLookup(reason), at(100, attempts));
      expect(answer).toMatchObject({ againAt: T + 100 + wait, failed: true });
    },
  );

  it('is left alone as long as it asks for', () => {
    const answer = check(failedLookup('rate-limited', 600_000), at(0));
    expect(answer).toMatchObject({ againAt: T + 600_000, failed: true });
  });

  it.each([
    ['404', failedLookup('tag-gone')],
    ['403', { ...failedLookup('sign-in-refused'), isDenied: true as const }],
    ['a page in HTML', failedLookup('malformed')],
  ])('%s after a push is tried again like an outage, for an hour', (_name, answer) => {
    expect(check(answer, at(0))).toMatchObject({ againAt: T + 2_000, failed: true });
    expect(check(answer, at(150_000, 8))).toMatchObject({ failed: true });
    expect(check(answer, at(HOUR, 30))).toMatchObject({ outcome: 'given-up', ...ENDED });
  });

  it.each(['not-an-image', 'sign-in-refused'] as const)(
    '%s is looked at for as long as a registry may lag, and given up then',
    (reason) => {
      expect(check(failedLookup(reason), at(0))).toMatchObject({
        againAt: T + 5_000,
        failed: true,
      });
      expect(check(failedLookup(reason), at(120_000))).toMatchObject({
        outcome: 'given-up',
        detail: `the registry: ${reason}`,
        ...ENDED,
      });
    },
  );

  it('is given up after an hour of trying', () => {
    const answer = check(failedLookup('unreachable'), at(HOUR, 30));
    expect(answer).toMatchObject({ outcome: 'given-up', ...ENDED });
  });

  it('is not given up at the first failure because the push is old', () => {
    // The host, or the cluster, was unreachable for hours. The registry fails briefly when it returns.
    const answer = check(failedLookup('unreachable'), at(5 * HOUR, 0));
    expect(answer).toMatchObject({ failed: true, againAt: T + 5 * HOUR + 2_000 });
  });

  it('takes nothing back of what was deployed before', () => {
    const given = push({ outcome: 'deployed' });
    expect(check(failedLookup('tag-gone'), at(120_000), given)).toMatchObject({
      outcome: 'deployed',
      ...ENDED,
    });
  });
});

describe('a freeze', () => {
  it('keeps the push until its end', () => {
    const answer = concludeCheck(push(), [frozen(T + HOUR)], published(B), at(0));
    expect(answer).toMatchObject({ outcome: 'frozen', detail: 'frozen: fair', againAt: T + HOUR });
  });

  it('keeps the push for the thaw where it has no end', () => {
    expect(concludeCheck(push(), [frozen(null)], published(B), at(0))).toMatchObject({
      outcome: 'frozen',
      againAt: NEVER,
    });
  });

  it('keeps the newest push of a tag only', () => {
    const answer = concludeCheck(push({ outdated: true }), [frozen(null)], published(B), at(0));
    expect(answer).toMatchObject({ outcome: 'nothing-to-do', ...ENDED });
  });

  it.each([
    ['now', push({ named: B }), OBSOLETE],
    ['before', push({ named: B, outcome: 'deployed' }), CURRENT],
  ])(
    'keeps the push also where another service of the tag was deployed %s',
    (_when, given, other) => {
      expect(concludeCheck(given, [other, frozen(null)], published(B), at(0))).toMatchObject({
        outcome: 'frozen',
        againAt: NEVER,
      });
    },
  );
});

describe('a cluster that cannot be asked', () => {
  it.each([
    [0, 1_000],
    [1, 2_000],
    [50, 15_000],
  ])('is asked again (%i failures before)', (attempts, wait) => {
    expect(clusterFailed(push(), 'away', at(0, attempts))).toEqual({
      outcome: 'nothing-to-do',
      detail: 'away',
      againAt: T + wait,
      failed: true,
    });
  });

  it.each([
    [null, 'given-up'],
    ['deployed', 'deployed'],
  ] as const)('is given up after a day of trying (was %s)', (outcome, expected) => {
    const answer = clusterFailed(push({ outcome }), 'away', at(CLUSTER_GIVE_UP_MS + 1, 5_000));
    expect(answer).toMatchObject({ outcome: expected, detail: 'away', ...ENDED });
  });

  it('is not given up at the first failure because the helper was away itself', () => {
    const answer = clusterFailed(push(), 'away', at(3 * CLUSTER_GIVE_UP_MS, 0));
    expect(answer).toMatchObject({ failed: true, againAt: T + 3 * CLUSTER_GIVE_UP_MS + 1_000 });
  });
});

describe('the laws of concluding', () => {
  const service = fc.constantFrom(
    CURRENT,
    OBSOLETE,
    EXCLUDED,
    UNREACHABLE,
    MOVED_ON,
    known,
    frozen(null),
  );
  const lookup = fc.option(
    fc.oneof(
      fc.constantFrom(A, B).map(published),
      fc
        .constantFrom('tag-gone', 'sign-in-refused', 'rate-limited', 'unreachable', 'malformed')
        .map((reason) => failedLookup(reason)),
    ),
  );
  const given = fc.record({
    receivedAt: fc.constant(T),
    agesFrom: fc.constant(T),
    named: fc.constantFrom(null, A, B),
    outcome: fc.constantFrom(null, 'nothing-to-do' as const, 'deployed' as const),
    outdated: fc.boolean(),
  });

  it('never looks again in the past, and not for ever', () => {
    fc.assert(
      fc.property(given, fc.array(service, { maxLength: 4 }), lookup, (one, services, answer) => {
        let seen: CheckedPush = one;
        let now = T;
        let attempts = 0;
        for (; attempts < 1_000; attempts += 1) {
          const end = concludeCheck(seen, services, answer, { at: now, attempts, random: 0 });
          if (end.againAt === null || end.againAt === NEVER) break;
          if (end.againAt <= now) throw new Error(`again at ${end.againAt}, and it is ${now}`);
          now = end.againAt;
          seen = { ...seen, outcome: end.outcome };
        }
        expect(attempts).toBeLessThan(1_000);
      }),
      { numRuns: 200 },
    );
  });
});
