import { describe, expect, it } from 'vitest';
import { swarmpitNode, swarmpitTask } from './answers.ts';
import { toNode, toTask } from './task.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;

const task = (change: object = {}) =>
  toTask(
    swarmpitTask.parse({
      id: 'task-id',
      taskName: 'shop_web.3',
      serviceName: 'shop_web',
      createdAt: '2026-01-01T00:00:00Z',
      updatedAt: '2026-01-02T00:00:00Z',
      repository: { image: 'acme/web:v1', imageDigest: DIGEST },
      state: 'running',
      desiredState: 'running',
      status: { error: null },
      nodeId: 'node-id',
      nodeName: 'node-1',
      ...change,
    }),
    'service-id',
  );

describe('a task of Swarmpit', () => {
  it('is told in our words', () => {
    expect(task()).toEqual({
      id: 'task-id',
      serviceId: 'service-id',
      slot: 3,
      nodeId: 'node-id',
      desired: 'running',
      state: 'running',
      digest: DIGEST,
      error: null,
      exitCode: null,
      containerId: null,
      since: '2026-01-02T00:00:00Z',
      createdAt: '2026-01-01T00:00:00Z',
      jobIteration: null,
    });
  });

  it.each([
    ['web.1', 'web', 1],
    ['my.web.12', 'my.web', 12],
    ['web.k2v8node', 'web', null],
    ['web.', 'web', null],
    ['task-id', 'job', null],
    [null, null, null],
  ])('named %s of %s is in slot %s', (taskName, serviceName, slot) => {
    expect(task({ taskName, serviceName }).slot).toBe(slot);
  });

  it.each([
    ['failed', 'task: non-zero exit (137)', 137],
    ['failed', 'task: non-zero exit (137): dockerexec: unhealthy container', 137],
    ['failed', 'starting container failed: no such file', null],
    ['complete', null, 0],
    ['running', null, null],
  ])('that is %s with %s ended with %s', (state, error, exitCode) => {
    expect(task({ state, status: { error } })).toMatchObject({ exitCode, error });
  });

  it('is read where everything that may be absent is null', () => {
    const bare = { taskName: null, status: null, nodeId: null, nodeName: null };
    const repository = { image: 'acme/web:v1', imageDigest: null };
    expect(task({ ...bare, repository })).toMatchObject({
      slot: null,
      nodeId: null,
      digest: null,
      error: null,
    });
  });

  it('is on the node that is named, where its id is not given', () => {
    expect(task({ nodeId: undefined }).nodeId).toBe('node-1');
  });

  it('counts for nothing in an unknown state', () => {
    expect(task({ state: 'dreaming' }).state).toBe('orphaned');
  });
});

describe('a node of Swarmpit', () => {
  it.each([
    [
      { state: 'ready', availability: 'active', arch: 'x86_64', os: 'linux' },
      { state: 'ready', availability: 'active', platform: { architecture: 'amd64', os: 'linux' } },
    ],
    [
      { state: 'down', availability: 'drain', arch: null, os: null },
      { state: 'down', availability: 'drain', platform: null },
    ],
    [{ state: 'else' }, { state: 'unknown', availability: 'active', platform: null }],
  ])('%j is told in our words', (told, expected) => {
    const node = toNode(swarmpitNode.parse({ id: 'node-id', nodeName: 'node-1', ...told }));
    const untold = { role: null, labels: {}, engineLabels: {}, changedAt: null };
    expect(node).toEqual({ id: 'node-id', hostname: 'node-1', ...untold, ...expected });
  });
});
