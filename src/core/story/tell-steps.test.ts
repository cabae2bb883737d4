import { expect, test } from 'vitest';
import { deploymentOf, digestOf } from '../../../test/support/http/api-samples.ts';
import type { StepView } from '../contract/views.ts';
import { tellSteps } from './tell-steps.ts';

const digest = digestOf('c');
const at = '2026-01-02T03:04:05.000Z';
const stepOf = (step: string, detail: StepView['detail'] = {}): StepView => ({ at, step, detail });
const tell = (step: string, detail: StepView['detail'] = {}, given = {}) =>
  tellSteps(
    deploymentOf({ id: '1', to: digest, from: null, steps: [stepOf(step, detail)], ...given }),
  )[0];

test.each([
  ['queued', {}, 'Decided: unknown → cccccccccccc', /differs/],
  [
    'update-sent',
    { digest, phase: 'forward' },
    'The cluster accepted the update to cccccccccccc',
    null,
  ],
  [
    'update-sent',
    { digest, phase: 'back' },
    'The cluster accepted the revert to cccccccccccc',
    null,
  ],
  [
    'progress',
    { running: 1, desired: 3, rollingBack: true, trouble: 'exit 3' },
    '1 of 3 tasks run cccccccccccc; the engine rolls back',
    /exit 3/,
  ],
  [
    'taking-back',
    { to: digest, message: 'exit 3' },
    'The helper reverts the service to cccccccccccc',
    /exit 3/,
  ],
  [
    'settings-changed',
    { fields: ['TaskTemplate.ContainerSpec.OomScoreAdj', 'TaskTemplate.ContainerSpec.Env.A'] },
    'The cluster changed settings that the update did not ask for: compare them with your stack file and set them again',
    /OomScoreAdj; TaskTemplate.ContainerSpec.Env.A$/,
  ],
  ['succeeded', {}, 'Verified: all its tasks run it and stay up', null],
  ['succeeded', { desired: 2 }, 'Verified: all its tasks run it and stay up', null],
  ['succeeded', { desired: 0 }, 'Succeeded, with nothing to verify: 0 replicas', null],
  [
    'queued',
    { retryOf: '0', attempt: 2, most: 4 },
    'Retry: unknown → cccccccccccc',
    /^try 2 of 4, after a failure that may pass$/,
  ],
  ['retry-queued', { attempt: 3, most: 4 }, 'The helper retries: try 3 of 4', null],
  ['something-newer', { a: 1, b: 'x', c: null }, 'something newer', /^a: 1, b: x$/],
])('%s %j', (step, detail, title, said) => {
  const entry = tell(step, detail);
  expect(entry?.title).toBe(title);
  if (said === null) expect(entry?.detail).toBeNull();
  else expect(entry?.detail).toMatch(said);
});

test('an end says why, and why nothing was taken back', () => {
  const end = tell('failed', { notTakenBack: 'no digest is proven' }, { reason: 'task-failed' });
  expect(end).toMatchObject({
    title: 'Failed',
    detail: 'a new task exited unexpectedly; not reverted: no digest is proven',
  });
});

test('an end says why the way back failed', () => {
  const end = tell('failed', { takeBackFailed: 'no answer came' }, { reason: 'task-failed' });
  expect(end?.detail).toMatch(/; the revert failed: no answer came$/);
});

test.each([
  [[digest], 'cccccccccccc is held as well: it was published already, and would have'],
  [[digest, digestOf('a')], 'cccccccccccc, aaaaaaaaaaaa are held as well: they were published'],
])('a rollback names what else it holds: %j', (alsoHeld, said) => {
  const told = tell('also-held', { digests: alsoHeld }, { alsoHeld });
  expect(told?.title.startsWith(said)).toBe(true);
  expect(told?.detail).toBeNull();
});

test('what the tasks did stands for itself', () => {
  expect(tell('tasks', { tasks: [] })).toBeUndefined();
});

test('while the service goes back, what is counted is what it goes back to', () => {
  const steps = [
    stepOf('update-sent', { phase: 'forward', digest }),
    stepOf('progress', { running: 1, desired: 2 }),
    stepOf('taking-back', { to: digestOf('a') }),
    stepOf('update-sent', { phase: 'back', digest: digestOf('a') }),
    stepOf('progress', { running: 2, desired: 2 }),
    stepOf('rolled-back', { takenBackTo: digestOf('a'), by: 'helper' }),
  ];
  const told = tellSteps(deploymentOf({ id: '1', to: digest, reason: 'task-failed', steps }));
  expect(told.map(({ title }) => title)).toEqual([
    'The cluster accepted the update to cccccccccccc',
    '1 of 2 tasks run cccccccccccc',
    'The helper reverts the service to aaaaaaaaaaaa',
    'The cluster accepted the revert to aaaaaaaaaaaa',
    '2 of 2 tasks run aaaaaaaaaaaa',
    'Rolled back',
  ]);
  expect(told.at(-1)?.detail).toBe(
    'a new task exited unexpectedly; the helper reverted the service to aaaaaaaaaaaa',
  );
});
