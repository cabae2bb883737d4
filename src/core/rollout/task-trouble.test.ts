import { describe, expect, it } from 'vitest';
import {
  digestOfChar,
  makeNode,
  makeService,
  makeTask,
} from '../../../test/support/work/make-service.ts';
import type { Node, Service, Task, UpdateState } from '../swarm/service.ts';
import { troubleOf } from './task-trouble.ts';

const OLD = digestOfChar('a');
const NEW = digestOfChar('b');
const SENT = Date.parse('2026-02-01T00:00:00Z');
const at = (ms: number): string => new Date(ms).toISOString();

const service = (state: UpdateState, change: Partial<Service> = {}): Service =>
  makeService({
    imageText: `acme/web:v1@${NEW}`,
    version: 11,
    update: { state, message: '', startedAt: null, rolledBackBy: null },
    ...change,
  });
const failed = (change: Partial<Task> = {}): Task =>
  makeTask({
    digest: NEW,
    desired: 'shutdown',
    state: 'failed',
    createdAt: at(SENT + 1_000),
    since: at(SENT + 2_000),
    error: 'task: non-zero exit (3)',
    exitCode: 3,
    ...change,
  });
const rejected = (error: string): Task => failed({ state: 'rejected', error, exitCode: null });
const complete = failed({ state: 'complete', error: null, exitCode: 0 });

const trouble = (
  tasks: readonly Task[],
  of: Service = service('updating'),
  nodes: readonly Node[] | null = [makeNode()],
) =>
  troubleOf({ service: of, tasks, nodes, at: null }, ({ digest }) => digest === NEW, {
    intentVersion: 10,
    madeAfter: SENT,
  });

describe('a task that reached `starting` and then failed', () => {
  it.each<[string, Partial<Task>, string]>([
    ['a crash', {}, 'task-failed'],
    ['no words at all', { error: null }, 'task-failed'],
    [
      'a health check',
      { error: 'task: non-zero exit (137): dockerexec: unhealthy container', exitCode: 137 },
      'unhealthy',
    ],
    [
      'a command that is not in the image',
      { error: 'starting container failed: … exec: "/nope": no such file', exitCode: 127 },
      'task-failed',
    ],
    [
      'a log driver that has nowhere to write',
      { error: 'starting container failed: failed to initialize logging driver', exitCode: 128 },
      'not-started',
    ],
  ])('%s', (_name, change, reason) => {
    expect(trouble([failed(change)])).toMatchObject({ reason });
  });
});

// From engines 20.10 to 29.7: the texts differ, the state is the same.
it.each([
  ['No such image: acme/web:v1@sha256:bb', 'image-unavailable'],
  ['pull access denied for acme/web', 'image-unavailable'],
  [
    'Get "https://registry.example/v2/": dial tcp 10.0.0.1:443: connect: connection refused',
    'image-unavailable',
  ],
  ['failed to resolve reference "acme/web:v1": acme/web:v1: not found', 'image-unavailable'],
  ['toomanyrequests: You have reached your pull rate limit', 'image-unavailable'],
  ['unauthorized: authentication required', 'image-unavailable'],
  ['write /var/lib/docker/tmp/x: no space left on device', 'image-unavailable'],
  ['tls: failed to verify certificate: x509: certificate has expired', 'image-unavailable'],
  ['', 'image-unavailable'],
  ['container is unhealthy, says a registry', 'image-unavailable'],
  ['invalid mount config for type "bind": bind source path does not exist: /nope', 'not-started'],
  ['invalid CapAdd: unknown capability: "CAP_NOPE"', 'not-started'],
])('a rejected task never started: "%s" is %s', (error, reason) => {
  expect(trouble([rejected(error)])).toMatchObject({ reason });
});

describe('a node that went away', () => {
  it.each<[string, Partial<Node>]>([
    ['is down', { state: 'down' }],
    ['has not told yet how it is, after another manager leads', { state: 'unknown' }],
    ['is drained', { availability: 'drain' }],
    ['signed on again after the task was made', { changedAt: at(SENT + 1_500) }],
  ])('explains its failed task where it %s', (_name, change) => {
    expect(trouble([failed()], undefined, [makeNode(change)])).toMatchObject({
      reason: 'node-away',
    });
  });

  it.each<[string, readonly Node[] | null]>([
    ['it changed before the task was made', [makeNode({ changedAt: at(SENT + 900) })]],
    ['it does not tell when it changed', [makeNode({ changedAt: null })]],
    ['another node did', [makeNode(), makeNode({ id: 'node-2', state: 'down' })]],
    ['no nodes are told', null],
  ])('explains nothing where %s', (_name, nodes) => {
    expect(trouble([failed()], undefined, nodes)).toMatchObject({ reason: 'task-failed' });
  });

  it('does not hide a task that failed elsewhere', () => {
    const nodes = [makeNode(), makeNode({ id: 'node-2', availability: 'drain' })];
    const onDrained = failed({ nodeId: 'node-2', since: at(SENT + 9_000) });
    expect(trouble([failed(), onDrained], undefined, nodes)).toMatchObject({
      reason: 'task-failed',
      nodeId: 'node-1',
      times: 2,
    });
  });
});

describe('a task that exited with 0', () => {
  it.each<UpdateState>(['paused', 'rollback_started', 'rollback_paused', 'rollback_completed'])(
    'is a failure where the engine took it for one: %s',
    (state) => {
      expect(trouble([complete], service(state))).toMatchObject({
        reason: 'task-failed',
        message: 'a new task exited unexpectedly',
        exitCode: 0,
      });
    },
  );

  it('ended with its node where that signed on again', () => {
    const nodes = [makeNode({ changedAt: at(SENT + 1_500) })];
    expect(trouble([complete], service('rollback_started'), nodes)).toMatchObject({
      reason: 'node-away',
    });
  });

  it.each<[string, Service]>([
    ['the engine goes on', service('updating')],
    ['a job', service('paused', { mode: 'replicated-job' })],
  ])('is none: %s', (_name, of) => {
    expect(trouble([complete], of)).toBeNull();
  });
});

it.each([
  'no suitable node (scheduling constraints not satisfied on 1 node)',
  'no suitable node (missing plugin on 1 node)',
])('a task that waits for a node that fits: %s', (error) => {
  const pending = failed({ state: 'pending', desired: 'running', error, nodeId: null });
  expect(trouble([pending])).toMatchObject({ reason: 'no-fitting-node', times: 0 });
});

describe('what is no trouble', () => {
  it.each<[string, readonly Task[]]>([
    ['a failure from before the update', [failed({ createdAt: at(SENT - 60_000) })]],
    ['a failure of the old digest', [failed({ digest: OLD })]],
    ['a task that waits for its turn', [failed({ state: 'pending', error: null })]],
    ['a task that was asked to end', [failed({ state: 'shutdown', error: null })]],
  ])('%s', (_name, tasks) => {
    expect(trouble(tasks)).toBeNull();
  });
});

it('shows the newest failure, with how many there were', () => {
  const tasks = [
    failed({ since: at(SENT + 5_000), error: 'first' }),
    failed({ since: at(SENT + 9_000), error: 'last', id: 'newest', nodeId: 'node-2' }),
    failed({ since: at(SENT + 7_000), error: 'between' }),
  ];
  const expected = { message: 'last', taskId: 'newest', nodeId: 'node-2', times: 3 };
  expect(trouble(tasks)).toMatchObject(expected);
});

it('shows a failure that speaks against the image before a newer one that does not', () => {
  const newer = { ...rejected('No such image'), since: at(SENT + 9_000) };
  expect(trouble([newer, failed()])).toMatchObject({ reason: 'task-failed' });
});
