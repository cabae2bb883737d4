import { describe, expect, it } from 'vitest';
import { digestOfChar, makeService, makeTask } from '../../../test/support/work/make-service.ts';
import { follow, type Rollout, type RolloutStatus } from './follow.ts';
import type { FailureReason } from './failure-reason.ts';
import type { Observation, Service, Task, UpdateState } from '../swarm/service.ts';

const OLD = digestOfChar('a');
const NEW = digestOfChar('b');
const OTHER = digestOfChar('c');
const SENT = Date.parse('2026-02-01T00:00:00Z');
const NOW = SENT + 60_000;
const at = (ms: number): string => new Date(ms).toISOString();

/** The service after our update of version 10, with two replicas. */
const service = (state: UpdateState | null, change: Partial<Service> = {}): Service =>
  makeService({
    imageText: `acme/web:v1@${NEW}`,
    version: 11,
    update:
      state === null
        ? null
        : { state, message: `engine: ${state}`, startedAt: null, rolledBackBy: null },
    ...change,
  });
const newTask = (change: Partial<Task> = {}): Task =>
  makeTask({ digest: NEW, createdAt: at(SENT + 1_000), since: at(SENT + 2_000), ...change });
const oldTask = (change: Partial<Task> = {}): Task => makeTask({ digest: OLD, ...change });
const failed = (change: Partial<Task> = {}): Task =>
  newTask({
    desired: 'shutdown',
    state: 'failed',
    error: 'task: non-zero exit (3)',
    exitCode: 3,
    ...change,
  });
const two = [newTask({ slot: 1 }), newTask({ slot: 2 })];

const seen = (
  of: Service,
  tasks: readonly Task[] | null,
  nodes: Observation['nodes'] = null,
): Observation => ({ service: of, tasks, nodes, at: null });
const rollout = (change: Partial<Rollout> = {}): Rollout => ({
  target: NEW,
  replaced: OLD,
  intentVersion: 10,
  madeAfter: SENT,
  settledSince: null,
  ...change,
});
const judge = (observed: Observation, change: Partial<Rollout> = {}, now = NOW): RolloutStatus =>
  follow(observed, rollout(change), now);

describe('what the engine says of an update', () => {
  it('a rollback under way is waited for', () => {
    const status = judge(
      seen(service('rollback_started', { imageText: `acme/web:v1@${OLD}` }), [failed()]),
    );
    expect(status).toMatchObject({ kind: 'under-way', rollingBack: true });
  });

  it.each([
    ['what it had before', `acme/web:v1@${OLD}`, OLD],
    ['an unpinned image', 'acme/web:v1', null],
  ])(
    'a completed rollback to %s is a failure, with the task that shows why',
    (_name, imageText, runs) => {
      const status = judge(
        seen(service('rollback_completed', { imageText }), [failed(), oldTask()]),
      );
      expect(status).toMatchObject({
        kind: 'rolled-back',
        runs,
        message: 'task: non-zero exit (3)',
        task: { reason: 'task-failed', exitCode: 3, nodeId: 'node-1', times: 1 },
      });
    },
  );

  it('a rollback without a failing task has the engine’s own words', () => {
    const imageText = `acme/web:v1@${OLD}`;
    expect(judge(seen(service('rollback_completed', { imageText }), two))).toMatchObject({
      kind: 'rolled-back',
      message: 'engine: rollback_completed',
      task: null,
    });
  });

  it('a rollback to what we brought was that of somebody else’s later update', () => {
    const observed = seen(service('rollback_completed'), two);
    expect(judge(observed, { settledSince: SENT })).toMatchObject({ kind: 'converged' });
    // A restart with the same digest is also rolled back to it.
    expect(judge(observed, { replaced: NEW })).toMatchObject({ kind: 'rolled-back' });
  });

  it.each<[UpdateState, readonly Task[], FailureReason, string]>([
    ['rollback_paused', [failed()], 'rollback-paused', 'task: non-zero exit (3)'],
    ['rollback_paused', two, 'rollback-paused', 'engine: rollback_paused'],
    ['paused', [failed()], 'task-failed', 'task: non-zero exit (3)'],
    ['paused', two, 'update-paused', 'engine: paused'],
  ])('%s is a failure', (state, tasks, reason, message) => {
    expect(judge(seen(service(state), tasks))).toMatchObject({ kind: 'failed', reason, message });
  });

  it('a paused rollback has the words of the task that stopped it', () => {
    const stopped = oldTask({
      state: 'rejected',
      createdAt: at(SENT + 5_000),
      error: 'bind source path does not exist: /srv',
    });
    const imageText = `acme/web:v1@${OLD}`;
    const status = judge(seen(service('rollback_paused', { imageText }), [stopped]));
    expect(status).toMatchObject({ reason: 'rollback-paused', message: stopped.error });
  });

  it.each<UpdateState>(['rollback_started', 'rollback_completed', 'rollback_paused'])(
    '%s is theirs where a person asked for it, whatever failed before',
    (state) => {
      const update = { state, message: '', startedAt: null, rolledBackBy: 'person' as const };
      const observed = seen(service(null, { imageText: `acme/web:v1@${OLD}`, update }), [failed()]);
      expect(judge(observed)).toMatchObject({ kind: 'failed', reason: 'left-by-person' });
    },
  );

  it('completed is none while tasks crash again and again (FailureAction continue)', () => {
    const crashes = [1, 2, 3].map((n) => failed({ since: at(SENT + n * 5_000) }));
    const restarting = newTask({ slot: 1, state: 'ready', desired: 'ready' });
    const status = judge(
      seen(service('completed'), [...crashes, restarting, newTask({ slot: 2 })]),
    );
    expect(status).toMatchObject({ kind: 'failed', reason: 'task-failed', task: { times: 3 } });
  });

  it('completed is waited for where a task crashed once and comes up again', () => {
    const tasks = [failed(), newTask({ slot: 1, state: 'starting' }), newTask({ slot: 2 })];
    expect(judge(seen(service('completed'), tasks)).kind).toBe('under-way');
  });

  it('completed is watched once more where something crashed on the way', () => {
    const tasks = [failed(), ...two];
    expect(judge(seen(service('completed'), tasks)).kind).toBe('under-way');
    const since = (ms: number) =>
      judge(seen(service('completed'), tasks), { settledSince: NOW - ms }).kind;
    // A version that ends after about the monitor period would end before this.
    expect(since(9_999)).toBe('under-way');
    expect(since(10_000)).toBe('converged');
  });

  it('completed is watched for one monitor period where an image could not be pulled at first', () => {
    const tasks = [
      failed({ state: 'rejected', error: 'No such image: acme/web:v1', exitCode: null }),
      ...two,
    ];
    const since = (ms: number) =>
      judge(seen(service('completed'), tasks), { settledSince: NOW - ms }).kind;
    expect(since(4_999)).toBe('under-way');
    expect(since(5_000)).toBe('converged');
  });
});

describe('a service that somebody else changes meanwhile', () => {
  it.each([
    ['another digest', `acme/web:v1@${OTHER}`],
    ['back to the old one', `acme/web:v1@${OLD}`],
    ['an unpinned image', 'acme/web:v2'],
  ])('given %s is theirs from then on', (_name, imageText) => {
    const status = judge(seen(service('updating', { imageText }), two));
    expect(status).toMatchObject({ kind: 'failed', reason: 'changed-by-other' });
  });

  it('given anything else is still ours', () => {
    expect(judge(seen(service('completed', { version: 99 }), two)).kind).toBe('converged');
  });
});

describe('a cluster that tells no tasks', () => {
  const swarmpit = (state: UpdateState | null, running: number, imageText: string): Observation =>
    seen(
      service(state, { imageText, replicas: { running, desired: 2 }, updatePolicy: null }),
      null,
    );

  it.each<[string, Observation, Partial<Rollout>, string]>([
    ['under way', swarmpit('updating', 2, 'acme/web:v1'), {}, 'under-way'],
    ['up by its own count', swarmpit('completed', 2, `acme/web:v1@${NEW}`), {}, 'converged'],
    [
      'left unpinned, which contradicts nothing',
      swarmpit('completed', 2, 'acme/web:v1'),
      {},
      'converged',
    ],
    [
      'with a digest that it chose itself',
      swarmpit('completed', 2, `acme/web:v1@${OTHER}`),
      { target: null },
      'converged',
    ],
    ['not up', swarmpit('completed', 1, 'acme/web:v1'), {}, 'under-way'],
    ['with another digest', swarmpit('completed', 2, `acme/web:v1@${OTHER}`), {}, 'failed'],
    ['taken back', swarmpit('rollback_completed', 2, 'acme/web:v1'), {}, 'rolled-back'],
    ['paused', swarmpit('paused', 1, 'acme/web:v1'), {}, 'failed'],
  ])('%s', (_name, observed, change, kind) => {
    const watched = { choice: { forceUpdate: 0 }, settledSince: NOW - 5_000 };
    expect(judge(observed, { ...watched, ...change }).kind).toBe(kind);
  });

  it.each([
    ['its own answer', 4, 'other-digest'],
    ['its own, and somebody’s later one', 5, 'changed-by-other'],
    ['somebody’s', 3, 'changed-by-other'],
  ])('with another digest that is %s (counter %i) says %s', (_whose, forceUpdate, reason) => {
    const observed = swarmpit('completed', 2, `acme/web:v1@${OTHER}`);
    const counted = { ...observed, service: { ...observed.service, forceUpdate } };
    const status = judge(counted, { choice: { forceUpdate: 3 } });
    expect(status).toMatchObject({ kind: 'failed', reason });
  });

  it('is watched itself, because the period for which the engine did so is not told', () => {
    const observed = swarmpit('completed', 2, `acme/web:v1@${NEW}`);
    expect(judge(observed)).toMatchObject({ kind: 'under-way', settledSince: NOW });
    expect(judge(observed, { settledSince: NOW - 4_999 }).kind).toBe('under-way');
  });
});

describe('a cluster that chooses the digest and tells tasks', () => {
  const chosen = { choice: { forceUpdate: 0 }, settledSince: NOW - 5_000 };
  const untold = {
    parallelism: 1,
    delayMs: 0,
    failureAction: 'pause',
    order: 'stop-first',
  } as const;
  const swarmpit = (imageText: string, tasks: readonly Task[]): Observation =>
    seen(service('completed', { imageText, updatePolicy: { ...untold, monitorMs: null } }), tasks);
  const pinned = `acme/web:v1@${NEW}`;
  const unpinned = [newTask({ slot: 1, digest: null }), newTask({ slot: 2, digest: null })];

  it.each<[string, Observation, Partial<Rollout>, string]>([
    ['up with the digest', swarmpit(pinned, two), {}, 'converged'],
    ['up for too short a time', swarmpit(pinned, two), { settledSince: null }, 'under-way'],
    ['up without one, as it found none', swarmpit('acme/web:v1', unpinned), {}, 'converged'],
    [
      'not up: those without one were there before',
      swarmpit('acme/web:v1', [makeTask({ digest: null }), makeTask({ slot: 2, digest: null })]),
      {},
      'under-way',
    ],
    [
      'failing',
      swarmpit(pinned, [newTask(), ...[1, 2, 3].map(() => failed({ slot: 2 }))]),
      { settledSince: null },
      'failed',
    ],
  ])('%s', (_name, observed, change, kind) => {
    expect(judge(observed, { ...chosen, ...change }).kind).toBe(kind);
  });
});
