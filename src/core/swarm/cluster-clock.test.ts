import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { digestOfChar, makeService, makeTask } from '../../../test/support/work/make-service.ts';
import { follow, type Rollout } from '../rollout/follow.ts';
import {
  type Observation,
  type ServiceMode,
  TASK_STATES,
  type Task,
  type UpdateState,
} from './service.ts';
import { settledDigest } from '../rollout/settled.ts';

const NEW = digestOfChar('b');
const OLD = digestOfChar('a');
/** By our clock. */
const NOW = Date.parse('2026-02-01T00:00:00Z');
const YEAR_MS = 365 * 24 * 3_600_000;

/** How far the cluster's clock is ahead of ours. */
const skew = fc.integer({ min: -20 * YEAR_MS, max: 20 * YEAR_MS });
const ageMs = fc.integer({ min: 0, max: 12_000 });

type Aged = { readonly made: number; readonly since: number; readonly task: Partial<Task> };
const aged: fc.Arbitrary<Aged> = fc.record({
  made: ageMs,
  since: ageMs,
  task: fc.record({
    slot: fc.integer({ min: 1, max: 2 }),
    digest: fc.constantFrom(OLD, NEW),
    state: fc.constantFrom('running', 'running', 'complete', 'failed', 'shutdown', ...TASK_STATES),
    desired: fc.constantFrom('running', 'complete', 'shutdown'),
    jobIteration: fc.constantFrom(1, 2),
  }),
});
const up = (since: number, slot: number): Aged => ({
  made: since,
  since,
  task: { slot, digest: NEW },
});
const twoUp = fc.tuple(ageMs, ageMs).map(([one, two]) => [up(one, 1), up(two, 2)]);

type Told = {
  readonly mode: ServiceMode;
  readonly state: UpdateState | null;
  readonly tasks: readonly Aged[];
  readonly startedAgo: number;
};
const observed: fc.Arbitrary<Told> = fc.record({
  mode: fc.constantFrom<ServiceMode[]>('replicated', 'global', 'replicated-job'),
  state: fc.constantFrom<(UpdateState | null)[]>(null, 'updating', 'completed', 'paused'),
  tasks: fc.oneof(twoUp, fc.array(aged, { maxLength: 5 })),
  startedAgo: ageMs,
});

/** What a cluster whose clock is ahead of ours reports about something that happened this long ago. */
const told = ({ mode, state, tasks, startedAgo }: Told, aheadMs: number): Observation => {
  const at = NOW + aheadMs;
  const ago = (ms: number): string => new Date(at - ms).toISOString();
  return {
    service: makeService({
      mode,
      imageText: `acme/web:v1@${NEW}`,
      update:
        state === null
          ? null
          : { state, message: '', startedAt: ago(startedAgo), rolledBackBy: null },
    }),
    tasks: tasks.map(({ made, since, task }, index) =>
      makeTask({ ...task, id: `task-${index}`, createdAt: ago(made), since: ago(since) }),
    ),
    nodes: null,
    at,
  };
};

describe('whatever a cluster’s clock says', () => {
  it('the same digest is proven', () => {
    fc.assert(
      fc.property(observed, skew, (seen, aheadMs) => {
        expect(settledDigest(told(seen, aheadMs), NOW)).toBe(settledDigest(told(seen, 0), NOW));
      }),
    );
  });

  it('an update stands the same', () => {
    const sent = fc.record({ newest: ageMs, settledAgo: fc.option(ageMs) });
    fc.assert(
      fc.property(observed, sent, skew, (seen, { newest, settledAgo }, aheadMs) => {
        const rollout = (ahead: number): Rollout => ({
          target: NEW,
          replaced: OLD,
          intentVersion: 10,
          madeAfter: NOW + ahead - newest,
          settledSince: settledAgo === null ? null : NOW - settledAgo,
        });
        expect(follow(told(seen, aheadMs), rollout(aheadMs), NOW)).toEqual(
          follow(told(seen, 0), rollout(0), NOW),
        );
      }),
    );
  });

  it('a task that has just come up has proven nothing, and one that has stood has', () => {
    const both = (since: number): Told => ({
      mode: 'replicated',
      state: null,
      tasks: [up(since, 1), up(since, 2)],
      startedAgo: 0,
    });
    fc.assert(
      fc.property(skew, (aheadMs) => {
        expect(settledDigest(told(both(4_999), aheadMs), NOW)).toBeNull();
        expect(settledDigest(told(both(5_000), aheadMs), NOW)).toBe(NEW);
      }),
    );
  });
});
