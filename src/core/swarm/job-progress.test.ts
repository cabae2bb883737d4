import { describe, expect, it } from 'vitest';
import {
  digestOfChar,
  makeNode,
  makeService,
  makeTask,
} from '../../../test/support/work/make-service.ts';
import { follow, type Rollout, type RolloutStatus } from '../rollout/follow.ts';
import type { Node, Service, Task } from './service.ts';

const OLD = digestOfChar('a');
const NEW = digestOfChar('b');
const SENT = Date.parse('2026-02-01T00:00:00Z');
const NOW = SENT + 60_000;
const at = (ms: number): string => new Date(ms).toISOString();

const job = (desired: number, change: Partial<Service> = {}): Service =>
  makeService({
    mode: 'replicated-job',
    imageText: `acme/job:v1@${NEW}`,
    replicas: { running: 0, desired },
    ...change,
  });
const globalJob = job(0, { mode: 'global-job', replicas: null });
/** A task of the job's second execution. */
const task = (state: Task['state'], change: Partial<Task> = {}): Task =>
  makeTask({
    digest: NEW,
    // A job's tasks are wanted until they complete.
    desired: 'complete',
    state,
    jobIteration: 2,
    createdAt: at(SENT + 1_000),
    since: at(SENT + 2_000),
    ...change,
  });
const before = (change: Partial<Task> = {}): Task =>
  task('complete', { digest: OLD, jobIteration: 1, createdAt: at(0), since: at(0), ...change });
const crash = (change: Partial<Task> = {}): Task =>
  task('failed', { desired: 'shutdown', error: 'task: non-zero exit (7)', exitCode: 7, ...change });

const judge = (
  service: Service,
  tasks: readonly Task[],
  change: Partial<Rollout> = {},
  nodes: readonly Node[] | null = null,
): RolloutStatus =>
  follow(
    { service, tasks, nodes, at: NOW },
    {
      target: NEW,
      replaced: OLD,
      intentVersion: 10,
      madeAfter: SENT,
      settledSince: SENT,
      ...change,
    },
    NOW,
  );

describe('a job of which neither slots, iterations nor their number are told', () => {
  const untold = job(0, { replicas: null });
  const plain = (state: Task['state'], change: Partial<Task> = {}): Task =>
    task(state, { slot: null, jobIteration: null, ...change });
  const earlier = plain('complete', { createdAt: at(SENT - 60_000), since: at(SENT - 50_000) });
  const failing = (change: Partial<Task> = {}): Task =>
    plain('failed', { desired: 'shutdown', error: 'task: non-zero exit (7)', ...change });

  it.each<[string, readonly Task[], object]>([
    [
      'done: every task that was made completed, also two on one node',
      [earlier, plain('complete'), plain('complete')],
      { kind: 'converged', running: 2, desired: 2 },
    ],
    [
      'done: what failed was made good by the task that took its place',
      [failing({ since: at(SENT + 2_000) }), plain('complete', { createdAt: at(SENT + 2_001) })],
      { kind: 'converged', running: 1, desired: 1 },
    ],
    ['under way: no task yet', [earlier], { kind: 'under-way', running: 0 }],
    [
      'under way: one of two runs',
      [plain('complete'), plain('running')],
      { kind: 'under-way', running: 1, desired: 2 },
    ],
    [
      'failed: nothing took the place of one, whatever the others did',
      [failing({ since: at(SENT + 4_000) }), plain('complete')],
      { kind: 'failed', reason: 'task-failed' },
    ],
    [
      'failed: the last try of one failed too',
      [
        failing({ since: at(SENT + 2_000) }),
        failing({ createdAt: at(SENT + 2_001), since: at(SENT + 4_000) }),
      ],
      { kind: 'failed', task: { times: 2 } },
    ],
  ])('%s', (_name, tasks, expected) => {
    expect(judge(untold, tasks)).toMatchObject(expected);
  });
});

describe('a job', () => {
  it.each<[string, Service, readonly Task[], object]>([
    [
      'done: its one task completed',
      job(1),
      [task('complete')],
      { kind: 'converged', running: 1, desired: 1 },
    ],
    [
      'done: every completion',
      job(2),
      [task('complete', { slot: 1 }), task('complete', { slot: 2 })],
      { kind: 'converged', running: 2, desired: 2 },
    ],
    [
      'done: the execution before is no part of it',
      job(1),
      [before(), before({ slot: 2 }), task('complete')],
      { kind: 'converged', running: 1 },
    ],
    [
      'done: a failed try was made good by the next one',
      job(1),
      [crash(), task('complete')],
      { kind: 'converged' },
    ],
    [
      'under way: it runs',
      job(1),
      [task('running')],
      { kind: 'under-way', running: 0, desired: 1 },
    ],
    [
      'under way: only the execution before completed',
      job(1),
      [before()],
      { kind: 'under-way', running: 0 },
    ],
    [
      'under way: the execution before, of the same digest, is all that is told yet',
      job(1),
      [before({ digest: NEW }), task('preparing')],
      { kind: 'under-way', running: 0 },
    ],
    ['under way: no task yet', job(1), [], { kind: 'under-way', running: 0 }],
    [
      'under way: one of two completed',
      job(2),
      [task('complete', { slot: 1 }), task('running', { slot: 2 })],
      { kind: 'under-way', running: 1, desired: 2 },
    ],
    [
      'under way: all that may run at once have completed, and the next ones are not there yet',
      job(5),
      [task('complete', { slot: 1 }), task('complete', { slot: 2 })],
      { kind: 'under-way', running: 2, desired: 5 },
    ],
    [
      'under way: it is tried again',
      job(1),
      [crash(), task('ready', { desired: 'ready' })],
      { kind: 'under-way', trouble: { times: 1 } },
    ],
    [
      'under way: it failed just now, and may be tried again in a moment',
      job(1),
      [crash({ since: at(NOW - 1_000) })],
      { kind: 'under-way', trouble: { reason: 'task-failed' } },
    ],
    [
      'failed: no more tries are made',
      job(1),
      [crash(), crash({ since: at(SENT + 9_000) })],
      {
        kind: 'failed',
        reason: 'task-failed',
        message: 'task: non-zero exit (7)',
        task: { times: 2 },
      },
    ],
    [
      'failed: of the tries that it had one was stopped, and did not fail',
      job(1),
      [crash(), task('shutdown', { desired: 'shutdown', since: at(SENT + 9_000) })],
      { kind: 'failed', reason: 'task-failed' },
    ],
    [
      'failed: one of two has used its tries up',
      job(2),
      [crash({ slot: 1 }), task('running', { slot: 2 })],
      { kind: 'failed', reason: 'task-failed' },
    ],
    [
      'failed: its image cannot be had',
      job(1),
      [crash({ state: 'rejected', error: 'No such image: acme/job:v1' })],
      { kind: 'failed', reason: 'image-unavailable' },
    ],
    ['done: nothing to do at all', job(0), [], { kind: 'converged', running: 0, desired: 0 }],
  ])('%s', (_name, service, tasks, expected) => {
    expect(judge(service, tasks)).toMatchObject(expected);
  });

  it('must have stood done for the monitor period, as the tasks may be told late', () => {
    expect(judge(job(1), [task('complete')], { settledSince: null }).kind).toBe('under-way');
  });

  it('is seen from a manager that lags behind as under way', () => {
    expect(judge(job(1, { version: 10 }), [task('complete')]).kind).toBe('under-way');
  });
});

describe('a global job', () => {
  const on = (nodeId: string, state: Task['state']): Task => task(state, { slot: null, nodeId });
  const nodes = [makeNode(), makeNode({ id: 'node-2' })];

  it.each<[string, readonly Task[], readonly Node[], object]>([
    [
      'done on each node',
      [on('node-1', 'complete'), on('node-2', 'complete')],
      nodes,
      { kind: 'converged', running: 2, desired: 2 },
    ],
    [
      'under way on one',
      [on('node-1', 'complete'), on('node-2', 'running')],
      nodes,
      { kind: 'under-way', running: 1, desired: 2 },
    ],
    ['not begun, which is not done', [], nodes, { kind: 'under-way', running: 0 }],
    [
      'not begun: the last execution is all there is',
      [before({ slot: null })],
      nodes,
      { kind: 'under-way' },
    ],
    [
      'done: a node that is down takes its task with it',
      [on('node-1', 'complete'), on('node-2', 'running')],
      [makeNode(), makeNode({ id: 'node-2', state: 'down' })],
      { kind: 'converged', running: 1, desired: 1 },
    ],
    [
      'done: what completed counts, whatever became of its node',
      [on('node-1', 'complete'), on('node-2', 'complete')],
      [makeNode(), makeNode({ id: 'node-2', state: 'down' })],
      { kind: 'converged', running: 2, desired: 2 },
    ],
  ])('%s', (_name, tasks, on_, expected) => {
    expect(judge(globalJob, tasks, {}, on_)).toMatchObject(expected);
  });
});
