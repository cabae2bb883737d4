import { expect, it } from 'vitest';
import { deploymentOf } from '../../../test/support/http/api-samples.ts';
import type { StepView } from '../contract/views.ts';
import { toRollout } from './to-rollout.ts';

const AT = '2026-01-01T10:00:00.000Z';
const task = (id: string, state: string) => ({ id, state, slot: 1, node: 'n', error: null });
const progress = (detail: StepView['detail']): StepView => ({ at: AT, step: 'progress', detail });
const tasks = (...told: readonly object[]): StepView => ({
  at: AT,
  step: 'tasks',
  detail: { tasks: told },
});
const rollout = (steps: readonly StepView[], dueAt: number | null = null) =>
  toRollout({ ...deploymentOf({ id: 'd1', steps }), state: 'verifying' }, dueAt);

it('counts the tasks that run and those that start, each as last seen', () => {
  const steps = [
    tasks(task('a', 'preparing'), task('b', 'preparing')),
    progress({ running: 0, desired: 3 }),
    tasks(task('a', 'running')),
    progress({ running: 1, desired: 3 }),
  ];
  expect(rollout(steps)).toMatchObject({ running: 1, desired: 3, starting: 1 });
});

it('waits between tasks when none was created', () => {
  const steps = [tasks(task('a', 'running')), progress({ running: 1, desired: 3 })];
  expect(rollout(steps)).toMatchObject({ running: 1, desired: 3, starting: 0 });
});

it('never counts more tasks than are missing', () => {
  const steps = [
    tasks(task('a', 'preparing'), task('b', 'starting'), task('c', 'failed')),
    progress({ running: 1, desired: 2 }),
  ];
  expect(rollout(steps)).toMatchObject({ starting: 1 });
});

it('counts none as starting while a service that was scaled down has too many', () => {
  const steps = [tasks(task('a', 'preparing')), progress({ running: 3, desired: 2 })];
  expect(rollout(steps)).toMatchObject({ running: 3, desired: 2, starting: 0 });
});

it('knows no numbers before the cluster reported any', () => {
  expect(rollout([])).toMatchObject({ running: null, desired: null, starting: 0 });
});

it.each([
  [[progress({ running: 0, desired: 1, rollingBack: true })], true],
  [[{ at: AT, step: 'taking-back', detail: {} }], true],
  [[progress({ running: 0, desired: 1, rollingBack: false })], false],
])('%o goes back: %s', (steps, expected) => {
  expect(rollout(steps).isGoingBack).toBe(expected);
});

it('tells when a queued one is due', () => {
  const queued = { ...deploymentOf({ id: 'd1' }), state: 'queued' as const };
  expect(toRollout(queued, Date.parse(AT)).dueAt).toBe(AT);
  expect(toRollout(queued, null).dueAt).toBeNull();
  expect(rollout([], Date.parse(AT)).dueAt).toBeNull();
});
