import { expect, test } from 'vitest';
import { deploymentOf, digestOf } from '../../../test/support/http/api-samples.ts';
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
  expect(
    toldTasks(deploymentOf({ id: '1', steps })).map(({ id, state, error }) => [id, state, error]),
  ).toEqual([
    ['b', 'running', null],
    ['c', 'failed', 'exit 3'],
    ['a', 'running', null],
  ]);
});

test.each([{}, { tasks: 7 }, { tasks: [null, 'x', { node: 'n' }] }])(
  '%j tells nothing',
  (detail) => {
    expect(toldTasks(deploymentOf({ id: '1', steps: [{ at, step: 'tasks', detail }] }))).toEqual(
      [],
    );
  },
);

const [good, bad] = [digestOf('a'), digestOf('b')];
const seen = (state: string, digest: string, id: string) => ({
  at,
  step: 'tasks',
  detail: { tasks: [{ id, node: 'n', slot: 1, state, digest }] },
});
const told = [
  seen('running', bad, 'live'),
  seen('failed', bad, 'dead'),
  seen('running', good, 'good'),
];

test.each([
  ['by the helper', { takenBackTo: good, by: 'helper' }],
  ['by the engine', { rolledBackTo: good, by: 'engine' }],
])('after a rollback %s no task of the bad image is shown as running', (_name, detail) => {
  const steps = [...told, { at, step: 'rolled-back', detail }];
  const tasks = toldTasks(deploymentOf({ id: '1', to: bad, state: 'rolled-back', steps }));
  expect(tasks.map(({ id, state }) => `${id} ${state}`).toSorted()).toEqual([
    'dead failed',
    'good running',
    'live replaced',
  ]);
});

test('where the service was not reverted, its tasks stay as they were seen', () => {
  const steps = [...told, { at, step: 'failed', detail: { notTakenBack: 'off' } }];
  const tasks = toldTasks(deploymentOf({ id: '1', to: bad, state: 'failed', steps }));
  expect(tasks.map(({ state }) => state)).toContain('running');
  expect(tasks.map(({ state }) => state)).not.toContain('replaced');
});
