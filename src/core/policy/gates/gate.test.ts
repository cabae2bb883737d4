import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Digest } from '../../image/digest.ts';
import { type GateInput, gate } from './gate.ts';
import type { GatePolicy } from './gate-policy.ts';
import { combineGates, problemOfRules } from './gate-rules.ts';
import type { Approvals, Candidate, Vote } from './gate-state.ts';
import { parseWindows } from './label-gates.ts';
import { areOpen } from './window.ts';

const HOUR = 3_600_000;
/** A Tuesday, 10:00 UTC. */
const NOW = Date.parse('2026-12-01T10:00:00Z');
const NONE: GatePolicy = { source: 'label', minAgeMs: null, windows: null, approval: null };

const windows = (text: string): GatePolicy['windows'] => {
  const parsed = parseWindows(text);
  if (!parsed.ok) throw new Error(parsed.problem);
  return parsed.value;
};

const minAge = (hours: number, source = 'label'): GatePolicy => ({
  ...NONE,
  source,
  minAgeMs: hours * HOUR,
});

const approval = (
  votes: number,
  rest: Partial<NonNullable<GatePolicy['approval']>> = {},
  source = 'label',
): GatePolicy => ({
  ...NONE,
  source,
  approval: { votes, by: null, deadlineMs: null, opensMinAge: null, ...rest },
});

/** A candidate that was first seen this many hours ago. */
const seen = (name: string, hoursAgo: number): Candidate => ({
  tag: 'v1',
  digest: `sha256:${name}` as Digest,
  firstSeenAt: NOW - hoursAgo * HOUR,
});

const vote = (person: string, hoursAgo = 0, role: Vote['role'] = 'approver'): Vote => ({
  person,
  role,
  at: NOW - hoursAgo * HOUR,
});

const judge = (
  policies: readonly GatePolicy[],
  candidates: GateInput['candidates'],
  approvals: Approvals = { votes: [], since: NOW },
  now = NOW,
) => gate({ rules: combineGates(policies), candidates, approvals: () => approvals }, now);

describe('minimum age', () => {
  test('the newest that is old enough is deployed, although the tag has moved on', () => {
    const all = [seen('a', 5), seen('b', 3), seen('c', 1)] as const;
    expect(judge([minAge(3)], all)).toMatchObject({
      kind: 'open',
      candidate: { digest: 'sha256:b' },
    });
    expect(judge([minAge(4)], all)).toMatchObject({
      kind: 'open',
      candidate: { digest: 'sha256:a' },
    });
  });

  test('none is old enough: the first that will be, and when', () => {
    expect(judge([minAge(6)], [seen('a', 5), seen('b', 3)])).toMatchObject({
      kind: 'waiting',
      candidate: { digest: 'sha256:a' },
      gates: [{ gate: 'min-age', source: 'label', until: NOW + HOUR, canOpen: [], votes: null }],
      dueAt: NOW + HOUR,
    });
  });

  test('one that came back is as old as when it came first', () => {
    expect(judge([minAge(4)], [seen('b', 1), seen('a', 5)])).toMatchObject({
      kind: 'open',
      candidate: { digest: 'sha256:a' },
    });
  });
});

describe('minute by minute', () => {
  const MINUTE = 60_000;
  /** The open digest in each minute of this many hours, listed when it changes: `2h0m b`. */
  const changes = (pushedAt: readonly number[], policies: readonly GatePolicy[], hours: number) => {
    const told: string[] = [];
    let last = 'none';
    for (let minute = 0; minute <= hours * 60; minute += 1) {
      const now = NOW + minute * MINUTE;
      const [first, ...rest] = pushedAt
        .map((hour, index) => ({ at: NOW + hour * HOUR, name: String.fromCharCode(97 + index) }))
        .filter(({ at }) => at <= now)
        .map(({ at, name }) => ({ ...seen(name, 0), firstSeenAt: at }));
      if (first === undefined) continue;
      const result = judge(policies, [first, ...rest], { votes: [], since: NOW }, now);
      const open = result.kind === 'open' ? result.candidate.digest.slice(7) : 'none';
      if (open !== last) told.push(`${Math.floor(minute / 60)}h${minute % 60}m ${open}`);
      last = open;
    }
    return told;
  };

  test('A is pushed at 0 h and B at 2 h: with 3 h, A opens at 3 h and B at 5 h', () => {
    expect(changes([0, 2], [minAge(3)], 8)).toEqual(['3h0m a', '5h0m b']);
  });

  test('a tag that is pushed every hour for a day opens every hour, three hours behind', () => {
    const hours = Array.from({ length: 24 }, (_, hour) => hour);
    const opens = hours.map((hour) => `${hour + 3}h0m ${String.fromCharCode(97 + hour)}`);
    expect(changes(hours, [minAge(3)], 30)).toEqual(opens);
  });

  test('a window lets through the newest that is old enough when it opens, and the next while it is open', () => {
    // Time begins at 10:00.
    const policies = [minAge(3), { ...NONE, windows: windows('tue 14:00-16:00 UTC') }];
    expect(changes([0, 0.5, 2, 4], policies, 8)).toEqual(['4h0m b', '5h0m c', '6h0m none']);
  });
});

describe('windows', () => {
  const closed = { ...NONE, source: 'office', windows: windows('wed 09:00-16:00 UTC') };

  test('the next opening is told, and the next to ripen is looked at before', () => {
    const result = judge([closed, minAge(3)], [seen('a', 5), seen('b', 2)]);
    expect(result).toMatchObject({
      kind: 'waiting',
      candidate: { digest: 'sha256:a' },
      gates: [{ gate: 'window', source: 'office', until: NOW + 23 * HOUR }],
      dueAt: NOW + HOUR,
    });
  });

  test('every policy has to be open, of each any window', () => {
    const open = { ...NONE, windows: windows('mon 09:00-16:00 UTC; tue 09:00-16:00 UTC') };
    expect(judge([open], [seen('a', 0)]).kind).toBe('open');
    expect(judge([open, closed], [seen('a', 0)])).toMatchObject({
      kind: 'waiting',
      gates: [{ gate: 'window', source: 'office' }],
    });
  });
});

describe('approvals', () => {
  test('distinct people, each once, by roles that may', () => {
    const votes = [vote('ana', 2), vote('ana', 1), vote('ben', 1, 'operator')];
    const rule = approval(2, { by: ['approver'] });
    expect(judge([rule], [seen('a', 3)], { votes, since: NOW - 3 * HOUR })).toMatchObject({
      kind: 'waiting',
      gates: [
        { gate: 'approval', votes: { given: 1, needed: 2, by: ['ana'] }, canOpen: ['approver'] },
      ],
    });
    expect(judge([approval(2)], [seen('a', 3)], { votes, since: NOW - 3 * HOUR }).kind).toBe(
      'open',
    );
  });

  test('they open the minimum age too, unless a policy says no; both are shown', () => {
    const all = [seen('a', 5), seen('b', 1)] as const;
    const result = judge([approval(1), minAge(3)], all);
    expect(result).toMatchObject({ kind: 'waiting', candidate: { digest: 'sha256:b' } });
    expect(result.kind === 'waiting' && result.gates.map((one) => one.gate)).toEqual([
      'min-age',
      'approval',
    ]);
    const said = { votes: [vote('ana')], since: NOW - HOUR };
    expect(judge([approval(1), minAge(3)], all, said)).toMatchObject({
      kind: 'open',
      candidate: { digest: 'sha256:b' },
    });
    const strict = approval(1, { opensMinAge: false }, 'strict');
    expect(judge([approval(1), strict, minAge(3)], all, said)).toMatchObject({
      kind: 'open',
      candidate: { digest: 'sha256:a' },
    });
  });

  test('where they open no age, nobody votes on what is too young', () => {
    const rules = [approval(1, { opensMinAge: false, deadlineMs: HOUR }), minAge(6)];
    const said = { votes: [vote('ana')], since: NOW - 5 * HOUR };
    expect(judge(rules, [seen('a', 5)], said)).toMatchObject({
      kind: 'waiting',
      gates: [{ gate: 'min-age' }],
    });
    // The deadline for votes counts from when it is old enough.
    expect(judge(rules, [seen('a', 6)], { ...said, votes: [] })).toMatchObject({
      kind: 'waiting',
      gates: [{ gate: 'approval', until: NOW + HOUR }],
      dueAt: NOW + HOUR,
    });
  });

  test('a deadline that passes ends it; a vote at that moment is too late', () => {
    const rule = approval(2, { deadlineMs: 2 * HOUR });
    const since = NOW - 2 * HOUR;
    expect(judge([rule], [seen('a', 9)], { votes: [vote('ana', 1)], since })).toMatchObject({
      kind: 'expired',
      candidate: { digest: 'sha256:a' },
    });
    const late = [vote('ana', 1), vote('ben', 0)];
    expect(judge([rule], [seen('a', 9)], { votes: late, since }).kind).toBe('expired');
    const inTime = [vote('ana', 1), { ...vote('ben'), at: NOW - 1 }];
    expect(judge([rule], [seen('a', 9)], { votes: inTime, since }).kind).toBe('open');
    expect(judge([rule], [seen('a', 9)], { votes: inTime, since }, NOW + 99 * HOUR).kind).toBe(
      'open',
    );
  });
});

describe('policies that combine', () => {
  test('the stricter wins and is named', () => {
    const rules = combineGates([
      minAge(3),
      minAge(72, 'production'),
      approval(1, { by: ['operator'], deadlineMs: 5 * HOUR }, 'b'),
      approval(2, { deadlineMs: 9 * HOUR }, 'a'),
    ]);
    expect(rules).toMatchObject({
      minAge: { value: 72 * HOUR, source: 'production' },
      approval: {
        votes: { value: 2, source: 'a' },
        by: ['operator'],
        deadline: { value: 5 * HOUR, source: 'b' },
        opensMinAge: true,
      },
    });
  });

  test('what can never open is a mistake', () => {
    const problem = (
      policies: readonly GatePolicy[],
      roles: readonly string[] = [],
    ): string | null =>
      problemOfRules(
        combineGates(policies),
        roles.map((role) => ({ role })),
        NOW,
      );
    expect(problem([minAge(3)])).toBeNull();
    expect(problem([approval(2)], ['approver', 'operator', 'viewer'])).toBeNull();
    expect(problem([approval(2)], ['approver', 'viewer'])).toContain('label asks for 2 votes');
    expect(
      problem(
        [approval(1, { by: ['approver'] }), approval(1, { by: ['operator'] }, 'b')],
        ['approver', 'operator'],
      ),
    ).toContain('no approving role in common');
    const days = [
      { ...NONE, windows: windows('mon 09:00-16:00 UTC') },
      { ...NONE, source: 'b', windows: windows('tue 09:00-16:00 UTC') },
    ];
    expect(problem(days)).toContain('the windows of b and label are never open together');
  });
});

const anyPolicy: fc.Arbitrary<GatePolicy> = fc.record({
  source: fc.constantFrom('label', 'a', 'b', 'c'),
  minAgeMs: fc.option(fc.integer({ min: 1, max: 9 }).map((hours) => hours * HOUR)),
  windows: fc.option(
    fc.constantFrom(
      windows('tue 09:00-16:00 UTC'),
      windows('daily 22:00-06:00 Europe/Madrid; mon 00:00-24:00 UTC'),
      windows('sat,sun 00:00-24:00 America/New_York'),
    ),
  ),
  approval: fc.option(
    fc.record({
      votes: fc.integer({ min: 1, max: 3 }),
      by: fc.constantFrom(null, ['approver'] as const, ['operator', 'approver'] as const),
      deadlineMs: fc.option(fc.integer({ min: 1, max: 40 }).map((hours) => hours * HOUR)),
      opensMinAge: fc.constantFrom(null, true, false),
    }),
  ),
});
const anyVote: fc.Arbitrary<Vote> = fc.record({
  person: fc.constantFrom('ana', 'ben', 'eva'),
  role: fc.constantFrom('approver', 'operator'),
  at: fc.integer({ min: -20, max: 20 }).map((hours) => NOW + hours * HOUR),
});
const anyInput = fc.record({
  policies: fc.array(anyPolicy, { maxLength: 3 }),
  ages: fc.array(fc.integer({ min: -3, max: 12 }), { minLength: 1, maxLength: 4 }),
  votes: fc.array(anyVote, { maxLength: 5 }),
  since: fc.integer({ min: 0, max: 20 }).map((hours) => NOW - hours * HOUR),
});

const inputOf = ({
  policies,
  ages,
  votes,
  since,
}: typeof anyInput extends fc.Arbitrary<infer T> ? T : never) => {
  const [first = seen('0', 0), ...rest] = ages.map((age, index) => seen(String(index), age));
  return {
    rules: combineGates(policies),
    candidates: [first, ...rest],
    approvals: () => ({ votes, since }),
  } satisfies GateInput;
};

describe('laws', () => {
  test('what is open is old enough or has its votes, and every policy has an open window', () => {
    fc.assert(
      fc.property(anyInput, (all) => {
        const input = inputOf(all);
        const result = gate(input, NOW);
        if (result.kind !== 'open') {
          expect(result.gates.length).toBeGreaterThan(0);
          return;
        }
        const { rules } = input;
        expect(
          areOpen(
            rules.windows.map(({ value }) => value),
            NOW,
          ),
        ).toBe(true);
        const people = new Set(
          all.votes
            .filter(({ role }) => rules.approval?.by.includes(role))
            .map((one) => one.person),
        );
        const isApproved = rules.approval !== null && people.size >= rules.approval.votes.value;
        expect(rules.approval === null || isApproved).toBe(true);
        const age = NOW - result.candidate.firstSeenAt;
        const mayBeYoung = isApproved && (rules.approval?.opensMinAge ?? false);
        expect(mayBeYoung || age >= (rules.minAge?.value ?? 0) || rules.minAge === null).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  test('without windows, what is open stays open as time passes', () => {
    fc.assert(
      fc.property(anyInput, fc.integer({ min: 0, max: 50 * HOUR }), (all, later) => {
        const policies = all.policies.map((one) => ({ ...one, windows: null }));
        const input = inputOf({ ...all, policies });
        if (gate(input, NOW).kind !== 'open') return;
        expect(gate(input, NOW + later).kind).toBe('open');
      }),
      { numRuns: 500 },
    );
  });

  test('nothing opens before its due time, and it is looked at again later than now', () => {
    fc.assert(
      fc.property(
        anyInput,
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (all, part) => {
          const input = inputOf(all);
          const result = gate(input, NOW);
          if (result.kind !== 'waiting') return;
          expect(result.dueAt).toBeGreaterThan(NOW);
          const between = NOW + Math.floor((result.dueAt - NOW) * part);
          const given = all.votes.filter(({ at }) => at <= NOW);
          const later = gate(
            { ...input, approvals: () => ({ votes: given, since: all.since }) },
            between,
          );
          const before = gate(
            { ...input, approvals: () => ({ votes: given, since: all.since }) },
            NOW,
          );
          if (before.kind === 'waiting' && between < before.dueAt)
            expect(later.kind).toBe('waiting');
        },
      ),
      { numRuns: 500 },
    );
  });

  test('labels and policies commute, count once, and one more opens nothing', () => {
    fc.assert(
      fc.property(anyInput, anyPolicy, (all, more) => {
        const rules = combineGates(all.policies);
        expect(combineGates(all.policies.toReversed())).toEqual(rules);
        expect(combineGates([...all.policies, ...all.policies])).toEqual(rules);
        const stricter = inputOf({ ...all, policies: [...all.policies, more] });
        const isOpen = gate(stricter, NOW).kind === 'open';
        // Votes may open a minimum age even if no policy asks for votes on it.
        const asksVotes =
          more.approval !== null || all.policies.some(({ approval: a }) => a !== null);
        if (isOpen && !asksVotes) expect(gate(inputOf(all), NOW).kind).toBe('open');
      }),
      { numRuns: 500 },
    );
  });
});
