import { expect, it } from 'vitest';
import { deploymentOf, digestOf } from '../../test/support/api-samples.ts';
import type { DeploymentView } from '../core/views.ts';
import { tellStory } from './service-story.ts';

const [a, b, c] = [digestOf('a'), digestOf('b'), digestOf('c')];
const went = (
  id: string,
  from: string,
  to: string,
  state: DeploymentView['state'] = 'succeeded',
): DeploymentView => deploymentOf({ id, from, to, state });

it.each<[string, string | null, readonly DeploymentView[], object]>([
  ['nothing is known', a, [], { origin: null, before: null, failed: null, underWay: null }],
  [
    'deployed once',
    b,
    [went('1', a, b)],
    { origin: { id: '1' }, isBack: false, before: a, failed: null },
  ],
  ['the newest of two', c, [went('2', b, c), went('1', a, b)], { origin: { id: '2' }, before: b }],
  [
    'a failure that was taken back',
    b,
    [went('2', b, c, 'rolled-back'), went('1', a, b)],
    { origin: { id: '2' }, isBack: true, failed: { id: '2' }, before: a },
  ],
  [
    'a failure that stays',
    c,
    [went('2', b, c, 'failed'), went('1', a, b)],
    { origin: null, failed: { id: '2' }, before: b },
  ],
  [
    'a failure that a success followed is forgotten',
    c,
    [went('3', b, c), went('2', b, c, 'rolled-back'), went('1', a, b)],
    { origin: { id: '3' }, isBack: false, failed: null, before: b },
  ],
  [
    'what was skipped or superseded hides no failure',
    b,
    [went('3', b, c, 'skipped'), went('2', b, c, 'rolled-back'), went('1', a, b)],
    { failed: { id: '2' } },
  ],
  [
    'one under way',
    b,
    [went('2', b, c, 'verifying'), went('1', a, b)],
    { origin: { id: '1' }, underWay: { id: '2' }, failed: null },
  ],
  ['somebody else changed it', c, [went('1', a, b)], { origin: null, before: b }],
  ['it is not known what runs', null, [went('1', a, b)], { origin: null, before: b }],
])('%s', (_name, running, deployments, expected) => {
  expect(tellStory({ running }, deployments)).toMatchObject(expected);
});
