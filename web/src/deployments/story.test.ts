import { expect, test } from 'vitest';
import type { StepView } from '../../../src/core/views.ts';
import { makeDeploymentView } from './make-deployment-view.ts';
import { storyOf } from './story.ts';

const digest = `sha256:${'c'.repeat(64)}`;
const at = '2026-01-02T03:04:05.000Z';
const tell = (step: string, detail: StepView['detail'] = {}, given = {}) =>
  storyOf(
    makeDeploymentView({ to: digest, from: null, steps: [{ at, step, detail }], ...given }),
  )[0];

test.each([
  ['queued', {}, 'Decided: unknown → cccccccccccc', /differs/],
  [
    'update-sent',
    { digest, phase: 'forward' },
    'The cluster took the update to cccccccccccc',
    null,
  ],
  ['update-sent', { digest, phase: 'back' }, 'The cluster took it back to cccccccccccc', null],
  [
    'progress',
    { running: 1, desired: 3, rollingBack: true, trouble: 'exit 3' },
    '1 of 3 tasks run cccccccccccc, the engine rolls back',
    /exit 3/,
  ],
  ['taking-back', { to: digest, message: 'exit 3' }, 'Taken back to cccccccccccc', /exit 3/],
  [
    'settings-changed',
    { fields: ['TaskTemplate.ContainerSpec.OomScoreAdj', 'TaskTemplate.ContainerSpec.Env.A'] },
    'The cluster changed settings that the update did not ask for: compare them with your stack file and set them again',
    /OomScoreAdj; TaskTemplate.ContainerSpec.Env.A$/,
  ],
  ['succeeded', {}, 'Verified: all its tasks run it and stay up', null],
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
    title: 'failed',
    detail: 'a new task exited unexpectedly; not taken back: no digest is proven',
    look: { tone: 'bad' },
  });
});

test('an end says why the way back failed', () => {
  const end = tell('failed', { takeBackFailed: 'no answer came' }, { reason: 'task-failed' });
  expect(end?.detail).toMatch(/; could not be taken back: no answer came$/);
});

test('what the tasks did stands for itself', () => {
  expect(tell('tasks', { tasks: [] })).toBeUndefined();
});
