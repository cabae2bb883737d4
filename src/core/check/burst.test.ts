import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { digestOfChar, published } from '../../../test/support/work/make-service.ts';
import { concludeCheck, type CheckedPush } from './conclude-check.ts';
import type { Digest } from '../image/digest.ts';
import { BURST_LONGEST_MS, BURST_QUIET_MS, FOLLOW_UPS_MS, checkAfterHook } from './check-timing.ts';

const OLD = digestOfChar('a');
const NEW = digestOfChar('b');

type Hook = { readonly at: number; readonly named: Digest | null };
type Pending = { runAt: number; askedAt: number | null };

/** A check that a webhook asked for keeps its place in its burst. */
const sooner = (pending: Pending | null, runAt: number): Pending =>
  pending === null
    ? { runAt, askedAt: null }
    : { runAt: Math.min(pending.runAt, runAt), askedAt: pending.askedAt };

/**
 * What happens to webhooks of one repository, by the rules alone: at most one check pending and one in progress, each
 * taking `checkMs`. The registry shows the new digest from `shownAt` on.
 */
const simulate = (
  hooks: readonly Hook[],
  { checkMs = 20, shownAt = 0 }: { checkMs?: number; shownAt?: number } = {},
): {
  readonly checks: readonly number[];
  readonly waiting: number;
  readonly deployedAt: number | null;
} => {
  const coming = [...hooks].toSorted((a, b) => a.at - b.at);
  const checks: number[] = [];
  const pushes = new Map<Hook, CheckedPush>();
  let pending: Pending | null = null;
  let running: { readonly began: number; readonly of: readonly Hook[] } | null = null;
  let runs: Digest = OLD;
  let deployedAt: number | null = null;
  for (let step = 0; ; step += 1) {
    if (step > 10_000) throw new Error('it never becomes idle');
    const hookAt = coming[0]?.at ?? Number.POSITIVE_INFINITY;
    const endAt: number = running === null ? Number.POSITIVE_INFINITY : running.began + checkMs;
    const startAt: number =
      running === null && pending !== null ? pending.runAt : Number.POSITIVE_INFINITY;
    const now = Math.min(hookAt, endAt, Math.max(startAt, checks.at(-1) ?? 0));
    if (now === Number.POSITIVE_INFINITY) break;
    if (hookAt <= now) {
      const hook = coming.shift();
      if (hook === undefined) break;
      pushes.set(hook, {
        receivedAt: now,
        agesFrom: now,
        named: hook.named,
        outcome: null,
        outdated: false,
      });
      const askedAt: number = pending?.askedAt ?? now;
      const wanted = checkAfterHook(now, checks.at(-1) ?? null, askedAt);
      const runAt: number =
        pending !== null && pending.askedAt === null ? Math.min(pending.runAt, wanted) : wanted;
      pending = { runAt, askedAt };
    } else if (running !== null && endAt <= now) {
      const seen = now >= shownAt ? NEW : OLD;
      const differs = seen !== runs;
      const verdict = differs
        ? ({ verdict: 'obsolete', from: runs, to: seen } as const)
        : ({ verdict: 'current' } as const);
      const decided = differs
        ? ({ kind: 'deploy', cause: 'digest-differs', from: runs, to: seen } as const)
        : ({ kind: 'leave' } as const);
      if (differs) {
        runs = seen;
        deployedAt = now;
      }
      for (const hook of running.of) {
        const push = pushes.get(hook);
        if (push === undefined) continue;
        const end = concludeCheck(push, [{ verdict, step: decided }], published(seen), {
          at: now,
          attempts: 0,
          random: 0.5,
        });
        if (end.againAt === null) pushes.delete(hook);
        else {
          pushes.set(hook, { ...push, outcome: end.outcome });
          pending = sooner(pending, end.againAt);
        }
      }
      running = null;
    } else {
      checks.push(now);
      running = { began: now, of: [...pushes.keys()] };
      pending = null;
    }
  }
  return { checks, waiting: pushes.size, deployedAt };
};

const burst = (count: number, spanMs: number, named: Digest | null = null): Hook[] =>
  Array.from({ length: count }, (_, index) => ({
    at: 1_000 + Math.floor((index * spanMs) / Math.max(count - 1, 1)),
    named,
  }));
const [firstFollowUp = 0] = FOLLOW_UPS_MS;

describe('a burst of hooks', () => {
  it.each([0, 5, 100, 1_000, 2_000, 2_900])(
    'of 21 within %i ms makes one look at once and one more before the follow-ups',
    (spanMs) => {
      const { checks, deployedAt } = simulate(burst(21, spanMs));
      expect(checks[0]).toBe(1_000);
      expect(checks.filter((at) => at < 1_000 + firstFollowUp).length).toBeLessThanOrEqual(2);
      expect(deployedAt).toBe(1_020);
    },
  );

  it('makes no more checks than the two and one for each follow-up', () => {
    const gap = fc.integer({ min: 0, max: BURST_QUIET_MS - 1 });
    const gaps = fc
      .array(gap, { maxLength: 60 })
      .filter((all) => all.reduce((sum, each) => sum + each, 0) < BURST_LONGEST_MS);
    fc.assert(
      fc.property(gaps, fc.integer({ min: 1, max: 300 }), (all, checkMs) => {
        let at = 1_000;
        const hooks = [0, ...all].map((each) => ({ at: (at += each), named: null }));
        const { checks } = simulate(hooks, { checkMs });
        expect(checks.filter((each) => each < 1_000 + firstFollowUp).length).toBeLessThanOrEqual(2);
        // Late webhooks of a burst may need their own follow-up.
        expect(checks.length).toBeLessThanOrEqual(2 + 2 * FOLLOW_UPS_MS.length);
      }),
      { numRuns: 300 },
    );
  });

  it('that names the digest that is shown needs no follow-up at all', () => {
    expect(simulate(burst(21, 500, NEW)).checks.length).toBeLessThanOrEqual(2);
  });

  it('over a minute still makes a check every few seconds at most', () => {
    const { checks } = simulate(burst(600, 60_000, NEW));
    expect(checks.length).toBeLessThanOrEqual(2 + 60_000 / (BURST_LONGEST_MS - 1_000));
  });
});

describe('a registry behind its own hook', () => {
  it.each(FOLLOW_UPS_MS)('is caught up with when it shows the digest by %i ms', (after) => {
    const { deployedAt } = simulate([{ at: 1_000, named: null }], { shownAt: 1_000 + after });
    expect(deployedAt).toBe(1_000 + after + 20);
  });

  it('is caught up with at a follow-up also where each check is slow', () => {
    const at = simulate([{ at: 1_000, named: NEW }], { shownAt: 5_500, checkMs: 1_500 }).deployedAt;
    expect(at).not.toBeNull();
  });

  it('is looked at again for a newer hook soon, whatever the older ones wait for', () => {
    const hooks = [
      { at: 1_000, named: null },
      { at: 8_000, named: NEW },
    ];
    const { deployedAt } = simulate(hooks, { shownAt: 7_900 });
    expect(deployedAt).toBeLessThanOrEqual(8_020 + BURST_QUIET_MS);
  });
});

describe('idle', () => {
  it('comes after every row of hooks, and every push has its end', () => {
    const hook = fc.record({
      at: fc.integer({ min: 0, max: 300_000 }),
      named: fc.constantFrom(null, OLD, NEW),
    });
    const world = fc.record({
      checkMs: fc.integer({ min: 1, max: 5_000 }),
      shownAt: fc.integer({ min: 0, max: 400_000 }),
    });
    fc.assert(
      fc.property(fc.array(hook, { minLength: 1, maxLength: 30 }), world, (hooks, options) => {
        const { checks, waiting } = simulate(hooks, options);
        expect(waiting).toBe(0);
        const lastHook = Math.max(...hooks.map(({ at }) => at));
        const lastFollowUp = Math.max(...FOLLOW_UPS_MS) + BURST_LONGEST_MS + 4 * options.checkMs;
        expect(Math.max(...checks)).toBeLessThanOrEqual(lastHook + lastFollowUp);
      }),
      { numRuns: 150 },
    );
  });

  it('deploys whatever is shown before the last follow-up of the last hook', () => {
    const hook = fc.record({ at: fc.integer({ min: 0, max: 60_000 }), named: fc.constant(null) });
    fc.assert(
      fc.property(
        fc.array(hook, { minLength: 1, maxLength: 20 }),
        fc.integer({ min: 0, max: 110_000 }),
        (hooks, after) => {
          const shownAt = Math.max(...hooks.map(({ at }) => at)) + after;
          expect(simulate(hooks, { shownAt }).deployedAt).not.toBeNull();
        },
      ),
      { numRuns: 150 },
    );
  });
});
