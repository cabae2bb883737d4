import { expect, test } from 'vitest';
import { makeDeploymentView } from '../deployments/make-deployment-view.ts';
import { digestsBefore } from './digests-before.ts';

const build = { version: 'v2', revision: null, source: null, created: null };
const history = [
  makeDeploymentView({ from: 'c', to: 'd', state: 'rolled-back' }),
  makeDeploymentView({ from: 'b', to: 'c', endedAt: '2026-01-03T00:00:00Z' }),
  makeDeploymentView({ from: 'a', to: 'b', build, endedAt: '2026-01-02T00:00:00Z' }),
];

test.each([
  ['c', ['b', 'a']],
  ['b', ['a']],
  ['a', []],
  ['elsewhere', ['c', 'b', 'a']],
  [null, ['c', 'b', 'a']],
])('before %s there was %j', (present, digests) => {
  expect(digestsBefore(history, present).map(({ digest }) => digest)).toEqual(digests);
});

test('what is known of a digest comes from its own deployment', () => {
  expect(digestsBefore(history, 'c')[0]).toEqual({
    digest: 'b',
    build,
    provenAt: '2026-01-02T00:00:00Z',
  });
});
