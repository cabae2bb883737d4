import { expect, test } from 'vitest';
import { groupDeployments } from './deployment-lines.ts';
import { makeDeploymentView } from './make-deployment-view.ts';

const at = (day: number): string => new Date(2026, 0, day, 12).toISOString();

test('what is under way comes first, however old', () => {
  const groups = groupDeployments(
    [
      makeDeploymentView({ id: 'a', queuedAt: at(5) }),
      makeDeploymentView({ id: 'b', queuedAt: at(4) }),
      makeDeploymentView({ id: 'c', queuedAt: at(4), endedAt: null, state: 'verifying' }),
      makeDeploymentView({ id: 'd', queuedAt: at(2) }),
    ],
    Date.parse(at(5)),
  );
  expect(groups.map(({ title, deployments }) => [title, deployments.map(({ id }) => id)])).toEqual([
    ['Under way', ['c']],
    ['Today', ['a']],
    ['Yesterday', ['b']],
    ['2026-01-02', ['d']],
  ]);
});
