import { describe, expect, it } from 'vitest';
import { digestOfChar, makeService, makeTask } from '../../../test/support/work/make-service.ts';
import type { Observation, Service, Task, UpdateState } from '../swarm/service.ts';
import { settledDigest } from './settled.ts';

const A = digestOfChar('a');
const B = digestOfChar('b');
const NOW = Date.parse('2026-02-01T00:00:00Z');
const ago = (ms: number): string => new Date(NOW - ms).toISOString();

const service = (change: Partial<Service> = {}, state: UpdateState | null = null): Service =>
  makeService({
    imageText: `acme/web:v1@${A}`,
    update: state === null ? null : { state, message: '', startedAt: null, rolledBackBy: null },
    ...change,
  });
const two = [makeTask({ slot: 1 }), makeTask({ slot: 2 })];
const digestOf = (of: Service, tasks: readonly Task[] | null): ReturnType<typeof settledDigest> =>
  settledDigest({ service: of, tasks, nodes: null, at: NOW } satisfies Observation, NOW);

describe('settledDigest', () => {
  it.each<[string, Service, readonly Task[] | null]>([
    ['it has stood for long', service(), two],
    ['its last update completed', service({}, 'completed'), two],
    ['it was rolled back to this and stands', service({}, 'rollback_completed'), two],
    [
      'what ran before is gone',
      service(),
      [...two, makeTask({ slot: 1, digest: B, desired: 'shutdown', state: 'shutdown' })],
    ],
    [
      'it stands longer than its own monitor period',
      service(),
      two.map((task) => ({ ...task, since: ago(5_001) })),
    ],
    [
      'a job completed',
      service({ mode: 'replicated-job', replicas: { running: 0, desired: 1 } }),
      [makeTask({ state: 'complete', jobIteration: 4 })],
    ],
  ])('is proven where %s', (_name, of, tasks) => {
    expect(digestOf(of, tasks)).toBe(A);
  });

  it.each<[string, Service, readonly Task[] | null]>([
    ['an update is in progress', service({}, 'updating'), two],
    ['an update is paused', service({}, 'paused'), two],
    ['a rollback is under way', service({}, 'rollback_started'), two],
    ['a rollback is paused', service({}, 'rollback_paused'), two],
    ['the spec is unpinned', service({ imageText: 'acme/web:v1' }), two],
    ['the spec has no image', service({ imageText: 'Acme/Web' }), two],
    ['tasks are not told', service(), null],
    ['a replica is missing', service(), [makeTask({ slot: 1 })]],
    [
      'a task runs another digest',
      service(),
      [makeTask({ slot: 1 }), makeTask({ slot: 2, digest: B })],
    ],
    [
      'a task is starting',
      service(),
      [makeTask({ slot: 1 }), makeTask({ slot: 2, state: 'starting' })],
    ],
    [
      'a task has just come up',
      service(),
      [makeTask({ slot: 1 }), makeTask({ slot: 2, since: ago(4_999) })],
    ],
    ['nothing runs, which proves nothing', service({ replicas: { running: 0, desired: 0 } }), []],
    ['a global service has no node', service({ mode: 'global', replicas: null }), []],
    [
      'a job has not completed',
      service({ mode: 'replicated-job', replicas: { running: 0, desired: 1 } }),
      [makeTask({ state: 'running', jobIteration: 4 })],
    ],
  ])('is not proven where %s', (_name, of, tasks) => {
    expect(digestOf(of, tasks)).toBeNull();
  });
});
