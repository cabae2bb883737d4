import { expect, test } from 'vitest';
import { toldTasks } from './told-tasks.ts';

const at = '2026-01-02T03:04:05.000Z';

test('each task is told as it was last seen, by node and slot', () => {
  const steps = [
    { at, step: 'tasks', detail: { tasks: [{ id: 'a', node: 'n2', slot: 1, state: 'starting' }] } },
    { at, step: 'progress', detail: {} },
    {
      at,
      step: 'tasks',
      detail: {
        tasks: [
          { id: 'a', node: 'n2', slot: 1, state: 'running', error: null, digest: 'sha256:x' },
          { id: 'c', node: 'n1', slot: 3, state: 'failed', error: 'exit 3' },
          { id: 'b', node: 'n1', slot: 2, state: 'running' },
        ],
      },
    },
  ];
  expect(toldTasks(steps).map(({ id, state, error }) => [id, state, error])).toEqual([
    ['b', 'running', null],
    ['c', 'failed', 'exit 3'],
    ['a', 'running', null],
  ]);
});

test.each([{}, { tasks: 7 }, { tasks: [null, 'x', { node: 'n' }] }])(
  '%j tells nothing',
  (detail) => {
    expect(toldTasks([{ at, step: 'tasks', detail }])).toEqual([]);
  },
);
