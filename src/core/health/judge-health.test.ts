import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { digestOfChar, makeService, makeTask } from '../../../test/support/work/make-service.ts';
import type { Service, Task, UpdateState } from '../swarm/service.ts';
import { type HealthInput, judgeHealth } from './judge-health.ts';
import { failuresAmong, remember, type TaskFailed } from './task-failures.ts';

const NOW = Date.parse('2026-01-02T00:00:00Z');
const S = 1_000;
const MIN = 60 * S;
const DIGEST = digestOfChar('a');
const ago = (ms: number): string => new Date(NOW - ms).toISOString();

const up = (slot: number, forMs = 60 * MIN): Task =>
  makeTask({ slot, since: ago(forMs), createdAt: ago(forMs) });
const ended = (change: Partial<Task> & { ms: number }): Task => {
  const { ms, ...rest } = change;
  return makeTask({
    desired: 'shutdown',
    state: 'failed',
    error: 'task: non-zero exit (3)',
    createdAt: ago(ms + 10 * S),
    since: ago(ms),
    ...rest,
  });
};
const coming = (state: Task['state'], forMs: number, error: string | null = null): Task =>
  makeTask({ state, error, createdAt: ago(forMs), since: ago(forMs) });
const updating = (state: UpdateState, forMs = 30 * S): Service['update'] => ({
  state,
  message: '',
  startedAt: ago(forMs),
  rolledBackBy: null,
});

type Case = {
  readonly service?: Partial<Service>;
  readonly tasks?: readonly Task[] | null;
  readonly more?: Partial<HealthInput>;
};

const inputOf = ({
  service: change = {},
  tasks = [up(1), up(2)],
  more = {},
}: Case): HealthInput => {
  const service = makeService({
    createdAt: ago(120 * MIN),
    updatedAt: ago(60 * MIN),
    replicas: null,
    ...change,
  });
  return {
    service,
    tasks,
    failures: tasks === null ? [] : remember([], failuresAmong(service, tasks), NOW),
    isOurs: false,
    isKnownBad: false,
    last: null,
    counted: { emptySince: null, shortSince: null, fullSince: null },
    now: NOW,
    ...more,
  };
};
const judge = (one: Case): string => {
  const { health, reason } = judgeHealth(inputOf(one));
  return reason === null ? health : `${health} ${reason}`;
};

const failed = { state: 'failed' as const, to: DIGEST, endedAt: NOW - 30 * MIN };
const counts = (running: number, desired = 2) => ({ replicas: { running, desired } });

it.each<[string, string, Case]>([
  ['ok', 'all run', {}],
  ['ok', 'an update is completed', { service: { update: updating('completed') } }],
  [
    'failing nothing-runs',
    'none runs for 5 s',
    { tasks: [ended({ ms: 5 * S })], service: { specReplicas: 1 } },
  ],
  [
    'deploying starting',
    'none runs for 4 s',
    { tasks: [], service: { specReplicas: 1, updatedAt: ago(4 * S), createdAt: ago(4 * S) } },
  ],
  [
    'degraded task-failed',
    'none runs since 4 s ago, when a task failed',
    { tasks: [ended({ ms: 4 * S })], service: { specReplicas: 1 } },
  ],
  [
    'failing nothing-runs',
    'the node of its only task went down, and no other fits',
    {
      tasks: [
        ended({ ms: 20 * S, state: 'orphaned', error: null }),
        coming('pending', 20 * S, 'no suitable node'),
      ],
      service: { specReplicas: 1 },
    },
  ],
  [
    'deploying starting',
    'it was created a minute ago, and its tasks are being pulled',
    {
      tasks: [coming('preparing', MIN)],
      service: { specReplicas: 1, createdAt: ago(MIN), updatedAt: ago(MIN) },
    },
  ],
  [
    'failing nothing-runs',
    'it is being pulled for more than 10 minutes',
    {
      tasks: [coming('preparing', 11 * MIN)],
      service: { specReplicas: 1, createdAt: ago(11 * MIN) },
    },
  ],
  [
    'deploying starting',
    'it was scaled up',
    {
      tasks: [up(1), coming('starting', 20 * S)],
      service: { specReplicas: 2, updatedAt: ago(20 * S) },
    },
  ],
  [
    'failing crash-loop',
    '3 tasks failed, and all run now: 0/1 and 1/1 in turn',
    {
      tasks: [40, 80, 120].map((s) => ended({ ms: s * S })).concat(up(1, 30 * S)),
      service: { specReplicas: 1 },
    },
  ],
  [
    'failing crash-loop',
    'it exits without an error again and again',
    {
      tasks: [40, 80, 120]
        .map((s) => ended({ ms: s * S, state: 'complete', error: null }))
        .concat(up(1, 30 * S)),
      service: { specReplicas: 1 },
    },
  ],
  [
    'ok',
    'a task came to its end that is not made anew',
    {
      tasks: [up(1), ended({ ms: MIN, slot: 2, state: 'complete', error: null })],
      service: { specReplicas: 1 },
    },
  ],
  [
    'failing cannot-start',
    'its image is not to be had',
    {
      tasks: [10, 20, 30].map((s) =>
        ended({ ms: s * S, state: 'rejected', error: 'No such image' }),
      ),
      service: { specReplicas: 1 },
    },
  ],
  [
    'ok',
    'a crash loop has had 2 minutes without a failure',
    {
      tasks: [121, 180, 240].map((s) => ended({ ms: s * S })).concat(up(1, 2 * MIN)),
      service: { specReplicas: 1 },
    },
  ],
  [
    'degraded task-failed',
    '2 tasks failed within 10 minutes',
    { tasks: [3, 9].map((m) => ended({ ms: m * MIN })).concat(up(1), up(2)) },
  ],
  ['ok', 'a task failed 10 minutes ago', { tasks: [ended({ ms: 10 * MIN }), up(1), up(2)] }],
  [
    'ok',
    'the tasks that failed had the image before',
    {
      tasks: [10, 20, 30]
        .map((s) => ended({ ms: s * S, digest: digestOfChar('b') }))
        .concat(up(1), up(2)),
    },
  ],
  [
    'ok',
    'an update stopped tasks that ended with an error',
    {
      tasks: [10, 11, 12].map((s) => ended({ ms: s * S, exitCode: 143 })).concat(up(1), up(2)),
      service: { update: updating('completed', 15 * S) },
    },
  ],
  [
    'degraded too-few-run',
    'one of two was drained',
    { tasks: [up(1), ended({ ms: 5 * S, slot: 2, state: 'shutdown' })] },
  ],
  ['failing known-bad-runs', 'a known-bad digest runs', { more: { isKnownBad: true } }],
  [
    'deploying updating',
    'a known-bad digest is on its way',
    { service: { update: updating('updating') }, more: { isKnownBad: true } },
  ],
  ['deploying own-deployment', 'the helper deploys', { tasks: [], more: { isOurs: true } }],
  [
    'deploying rolling-back',
    'the engine goes back',
    { tasks: [], service: { update: updating('rollback_started') } },
  ],
  [
    'deploying updating',
    'a crashing digest is in the middle of a rollout',
    {
      tasks: [5, 15, 25].map((s) => ended({ ms: s * S })),
      service: { update: updating('updating') },
    },
  ],
  [
    'failing nothing-runs',
    'somebody else’s update stands still for more than 10 minutes, and nothing runs',
    {
      tasks: [coming('preparing', 11 * MIN)],
      service: {
        specReplicas: 1,
        updatedAt: ago(11 * MIN),
        update: updating('updating', 11 * MIN),
      },
    },
  ],
  ['paused update-paused', 'an update is paused', { service: { update: updating('paused') } }],
  [
    'paused rollback-paused',
    'a rollback is paused',
    { service: { update: updating('rollback_paused') } },
  ],
  [
    'failing nothing-runs',
    'an update is paused, and nothing runs',
    { tasks: [ended({ ms: MIN })], service: { specReplicas: 1, update: updating('paused') } },
  ],
  ['stopped no-replicas', '0 are desired', { tasks: [], service: { specReplicas: 0 } }],
  [
    'stopped no-replicas',
    '0 are desired of what is known bad',
    { tasks: [], service: { specReplicas: 0 }, more: { isKnownBad: true } },
  ],
  [
    'failing deployment-failed',
    'what failed still runs, since a minute',
    { tasks: [up(1, MIN), up(2, MIN)], more: { last: failed } },
  ],
  [
    'ok',
    'what failed has run for 2 minutes',
    { tasks: [up(1, 2 * MIN), up(2, 2 * MIN)], more: { last: failed } },
  ],
  [
    'ok',
    'what failed is gone',
    { tasks: [up(1, MIN), up(2, MIN)], more: { last: { ...failed, to: digestOfChar('f') } } },
  ],
  ['ok', 'a job has no tasks', { tasks: [], service: { mode: 'replicated-job', specReplicas: 1 } }],
  [
    'failing crash-loop',
    'a job fails again and again',
    {
      tasks: [10, 20, 30].map((s) => ended({ ms: s * S })),
      service: { mode: 'replicated-job', specReplicas: 1 },
    },
  ],
  [
    'stopped no-replicas',
    'no node takes a global service',
    { tasks: [], service: { mode: 'global', specReplicas: null } },
  ],
])('%s: %s', (expected, _why, one) => {
  expect(judge(one)).toBe(expected);
});

describe('a cluster that tells counts alone', () => {
  const since = (ms: number) => ({ emptySince: NOW - ms, shortSince: NOW - ms, fullSince: null });
  it.each<[string, string, Case]>([
    ['ok', 'all run', { service: counts(2) }],
    [
      'failing nothing-runs',
      'none runs for 5 s',
      { service: counts(0), more: { counted: since(5 * S) } },
    ],
    [
      'degraded too-few-run',
      'one of two runs for 5 s',
      { service: counts(1), more: { counted: since(5 * S) } },
    ],
    ['ok', 'one of two runs for 4 s', { service: counts(1), more: { counted: since(4 * S) } }],
    [
      'deploying starting',
      'it was just created',
      { service: { ...counts(0), createdAt: ago(MIN) }, more: { counted: since(MIN) } },
    ],
    ['stopped no-replicas', '0 are desired', { service: counts(0, 0) }],
    ['unknown not-observed', 'it tells no counts either', { service: {} }],
  ])('%s: %s', (expected, _why, one) => {
    expect(judge({ ...one, tasks: null })).toBe(expected);
  });
});

it('tells since when', () => {
  const since = (one: Case): number => NOW - (judgeHealth(inputOf(one)).since ?? 0);
  expect(since({ tasks: [ended({ ms: 7 * S })], service: { specReplicas: 1 } })).toBe(7 * S);
  expect(since({ tasks: [40, 80, 120].map((s) => ended({ ms: s * S })) })).toBe(120 * S);
  expect(since({ tasks: [up(1, MIN), up(2, 3 * MIN)] })).toBe(MIN);
});

describe('laws', () => {
  const update = fc.option(
    fc.constantFrom<UpdateState>(
      'updating',
      'paused',
      'completed',
      'rollback_started',
      'rollback_paused',
      'rollback_completed',
    ),
  );
  const task = fc
    .record({
      slot: fc.integer({ min: 1, max: 3 }),
      state: fc.constantFrom<Task['state']>(
        'pending',
        'preparing',
        'starting',
        'running',
        'failed',
        'rejected',
        'complete',
        'shutdown',
      ),
      desired: fc.constantFrom<Task['desired']>('running', 'shutdown', 'ready'),
      ms: fc.integer({ min: 0, max: 20 * MIN }),
      lived: fc.integer({ min: 0, max: 5 * MIN }),
    })
    .map(({ ms, lived, ...rest }) =>
      makeTask({
        ...rest,
        since: ago(ms),
        createdAt: ago(ms + lived),
        error: rest.state === 'failed' ? 'exit' : null,
      }),
    );
  const input = fc
    .record({
      tasks: fc.option(fc.array(task, { maxLength: 6 })),
      specReplicas: fc.integer({ min: 0, max: 3 }),
      update,
      isOurs: fc.boolean(),
      isKnownBad: fc.boolean(),
      hasFailed: fc.boolean(),
    })
    .map(({ tasks, specReplicas, update: state, isOurs, isKnownBad, hasFailed }) =>
      inputOf({
        tasks,
        service: { specReplicas, update: state === null ? null : updating(state) },
        more: { isOurs, isKnownBad, last: hasFailed ? failed : null },
      }),
    );
  const check = (law: (of: HealthInput) => void): void =>
    fc.assert(fc.property(input, law), { numRuns: 500 });

  it('nothing is in the future, and all but ok and unknown have a reason', () => {
    check((of) => {
      const { health, reason, since } = judgeHealth(of);
      expect(since ?? 0).toBeLessThanOrEqual(NOW);
      expect(reason === null).toBe(health === 'ok');
    });
  });

  it('a service is ok only if all desired tasks run, or one ended a moment ago', () => {
    const ran: readonly Task['state'][] = ['failed', 'complete', 'shutdown'];
    check((of) => {
      if (of.tasks === null || judgeHealth(of).health !== 'ok') return;
      const wanted = of.tasks.filter(({ desired }) => desired === 'running');
      const running = wanted.filter(({ state }) => state === 'running').length;
      const ends = of.tasks.filter(({ state }) => ran.includes(state));
      const newest = Math.max(...ends.map(({ since }) => Date.parse(since)), 0);
      const isShort = running < (of.service.specReplicas ?? 0);
      expect(isShort && newest <= NOW - 5 * S).toBe(false);
    });
  });

  it('own rollouts are never failing, and known-bad digests never ok', () => {
    check((of) => {
      expect(judgeHealth({ ...of, isOurs: true }).health).toBe('deploying');
      expect(judgeHealth({ ...of, isKnownBad: true }).health).not.toBe('ok');
    });
  });

  it('more failures of the same image never make a service better', () => {
    const worst = ['failing', 'paused', 'deploying', 'degraded', 'stopped', 'ok', 'unknown'];
    fc.assert(
      fc.property(input, fc.integer({ min: 0, max: 90 * S }), (of, ms) => {
        const one: TaskFailed = {
          taskId: 'x',
          at: NOW - ms,
          digest: DIGEST,
          ran: true,
          error: 'x',
        };
        const failures = [...of.failures, one].toSorted((a, b) => a.at - b.at);
        const before = judgeHealth(of).health;
        const after = judgeHealth({ ...of, failures }).health;
        // A service that is only starting has no failure by definition.
        if (before === 'deploying') return;
        expect(worst.indexOf(after)).toBeLessThanOrEqual(worst.indexOf(before));
      }),
    );
  });
});
