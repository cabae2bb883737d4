import { describe, expect, it } from 'vitest';
import {
  digestOfChar,
  makeNode,
  makeService,
  makeTask,
} from '../../../test/support/work/make-service.ts';
import { follow, type Rollout, type RolloutStatus } from './follow.ts';
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

describe('a replicated service', () => {
  it.each<[string, Observation, Partial<Rollout>, object]>([
    [
      'converged: the engine is done and both run it',
      seen(service('completed'), two),
      {},
      { kind: 'converged', running: 2, desired: 2 },
    ],
    [
      'under way: the engine is not done, though both run',
      seen(service('updating'), two),
      {},
      { kind: 'under-way', running: 2, settledSince: NOW },
    ],
    [
      'under way: one runs the old digest although the spec is new and the engine says completed',
      seen(service('completed'), [newTask({ slot: 1 }), oldTask({ slot: 2 })]),
      {},
      { kind: 'under-way', running: 1, desired: 2, settledSince: null },
    ],
    [
      'under way: both run the old digest, nobody knows why',
      seen(service(null), [oldTask({ slot: 1 }), oldTask({ slot: 2 })]),
      { settledSince: SENT },
      { kind: 'under-way', running: 0, settledSince: null },
    ],
    [
      'under way: start-first, the old one still stands beside the new',
      seen(service('updating'), [oldTask({ slot: 1 }), newTask({ slot: 1 }), newTask({ slot: 2 })]),
      {},
      { kind: 'under-way', running: 1, settledSince: null },
    ],
    [
      'under way: stop-first, the new one waits for the old to be gone',
      seen(service('updating'), [
        oldTask({ slot: 1, desired: 'shutdown' }),
        newTask({ slot: 1, desired: 'ready', state: 'ready' }),
        newTask({ slot: 2 }),
      ]),
      {},
      { kind: 'under-way', running: 1, settledSince: null },
    ],
    [
      'under way: one is starting, or its health is not known yet',
      seen(service('updating'), [newTask({ slot: 1 }), newTask({ slot: 2, state: 'starting' })]),
      {},
      { kind: 'under-way', running: 1, settledSince: null },
    ],
    [
      'under way: one slot has no task at all',
      seen(service('completed'), [newTask({ slot: 1 })]),
      {},
      { kind: 'under-way', running: 1, settledSince: null },
    ],
    [
      'under way: more tasks than wanted, one is still to go',
      seen(service('completed', { replicas: { running: 3, desired: 2 } }), [
        ...two,
        newTask({ slot: 3 }),
      ]),
      {},
      { kind: 'under-way', running: 3, settledSince: null },
    ],
    [
      'converged: old tasks that are to go do not count',
      seen(service('completed'), [
        ...two,
        oldTask({ slot: 1, desired: 'shutdown', state: 'shutdown' }),
        oldTask({ slot: 2, desired: 'remove', state: 'running' }),
      ]),
      {},
      { kind: 'converged' },
    ],
    [
      'converged: no replicas, where the engine tells no state at all',
      seen(service(null, { replicas: { running: 0, desired: 0 } }), []),
      {},
      { kind: 'converged', running: 0, desired: 0 },
    ],
    [
      'under way: no replicas, but one still runs',
      seen(service(null, { replicas: { running: 1, desired: 0 } }), [oldTask()]),
      {},
      { kind: 'under-way', desired: 0 },
    ],
    [
      'under way: a task on a node that is down runs nothing',
      seen(
        service('completed'),
        [newTask({ slot: 1 }), newTask({ slot: 2, nodeId: 'node-2' })],
        [makeNode(), makeNode({ id: 'node-2', state: 'down' })],
      ),
      {},
      { kind: 'under-way', running: 1, settledSince: null },
    ],
    [
      'converged: its place was taken elsewhere',
      seen(
        service('completed'),
        [newTask({ slot: 1 }), newTask({ slot: 2, nodeId: 'node-2' }), newTask({ slot: 2 })],
        [makeNode(), makeNode({ id: 'node-2', state: 'down' })],
      ),
      {},
      { kind: 'converged', running: 2 },
    ],
    [
      'converged: a drained node keeps what the engine lets it keep',
      seen(service('completed'), two, [makeNode({ availability: 'drain' })]),
      {},
      { kind: 'converged' },
    ],
  ])('%s', (_name, observed, change, expected) => {
    expect(judge(observed, change)).toMatchObject(expected);
  });

  it.each([
    ['just now', null, 'under-way'],
    ['for less than the monitor period', NOW - 4_999, 'under-way'],
    ['for the monitor period', NOW - 5_000, 'converged'],
  ])('without a state of the engine must have stood %s', (_name, settledSince, kind) => {
    expect(judge(seen(service(null), two), { settledSince }).kind).toBe(kind);
  });

  it('is watched as long as its own policy says, and five seconds where that is not told', () => {
    const short = service(null);
    const policy = short.updatePolicy === null ? null : { ...short.updatePolicy, monitorMs: 100 };
    const since = { settledSince: NOW - 200 };
    expect(judge(seen({ ...short, updatePolicy: policy }, two), since).kind).toBe('converged');
    expect(judge(seen({ ...short, updatePolicy: null }, two), since).kind).toBe('under-way');
  });

  it('begins to be watched anew when a task is lost in between', () => {
    const first = judge(seen(service(null), two), {}, NOW);
    expect(first).toMatchObject({ kind: 'under-way', settledSince: NOW });
    const lost = judge(seen(service(null), [newTask()]), { settledSince: NOW }, NOW + 3_000);
    expect(lost).toMatchObject({ kind: 'under-way', settledSince: null });
    const again = judge(seen(service(null), two), { settledSince: null }, NOW + 6_000);
    expect(again).toMatchObject({ kind: 'under-way', settledSince: NOW + 6_000 });
  });
});

describe('a global service', () => {
  const global = (state: UpdateState | null): Service =>
    service(state, { mode: 'global', replicas: null });
  const on = (nodeId: string, change: Partial<Task> = {}): Task =>
    newTask({ slot: null, nodeId, ...change });
  const nodes = [makeNode(), makeNode({ id: 'node-2' }), makeNode({ id: 'node-3' })];

  it.each<[string, Observation, object]>([
    [
      'converged: one on each node',
      seen(global('completed'), [on('node-1'), on('node-2'), on('node-3')], nodes),
      { kind: 'converged', running: 3, desired: 3 },
    ],
    [
      'under way: one of them runs the old digest',
      seen(global('completed'), [on('node-1'), on('node-2', { digest: OLD })], nodes),
      { kind: 'under-way', running: 1, desired: 2 },
    ],
    [
      'converged: nodes that are down or drained do not count',
      seen(
        global('completed'),
        [on('node-1'), on('node-2', { digest: OLD }), on('node-3', { digest: OLD })],
        [
          makeNode(),
          makeNode({ id: 'node-2', state: 'down' }),
          makeNode({ id: 'node-3', availability: 'drain' }),
        ],
      ),
      { kind: 'converged', running: 1, desired: 1 },
    ],
    [
      'under way: a paused node keeps its task, which must be new',
      seen(
        global('completed'),
        [on('node-1', { digest: OLD })],
        [makeNode({ availability: 'pause' })],
      ),
      { kind: 'under-way', running: 0, desired: 1 },
    ],
    [
      'converged: no node takes it, for which nobody waits for ever',
      seen(global('completed'), [], []),
      { kind: 'converged', running: 0, desired: 0 },
    ],
  ])('%s', (_name, observed, expected) => {
    expect(judge(observed)).toMatchObject(expected);
  });
});

describe('a manager that lags behind', () => {
  it.each<[string, Service, readonly Task[]]>([
    [
      'an old completed update',
      service('completed', { version: 10, imageText: `acme/web:v1@${OLD}` }),
      [oldTask({ slot: 1 }), oldTask({ slot: 2 })],
    ],
    ['an old rollback', service('rollback_completed', { version: 9 }), two],
    ['an old pause', service('paused', { version: 10 }), two],
    [
      'another image of before',
      service(null, { version: 10, imageText: `acme/web:v1@${OTHER}` }),
      two,
    ],
    [
      'what looks settled, where a restart changes no digest',
      service('completed', { version: 10 }),
      two,
    ],
  ])('shows %s, from which nothing is concluded', (_name, of, tasks) => {
    const status = judge(seen(of, tasks), { settledSince: SENT });
    expect(status).toMatchObject({ kind: 'under-way', settledSince: null });
  });
});
