import { expect, it } from 'vitest';
import { deploymentOf, digestOf } from '../../../test/support/http/api-samples.ts';
import type { DeploymentView } from '../contract/views.ts';
import { tellStory } from './service-story.ts';

const [a, b, c, d] = [digestOf('a'), digestOf('b'), digestOf('c'), digestOf('d')] as const;
const went = (
  id: string,
  from: string,
  to: string,
  state: DeploymentView['state'] = 'succeeded',
  detail: Readonly<Record<string, unknown>> = {},
): DeploymentView =>
  deploymentOf({
    id,
    from,
    to,
    state,
    steps: [{ at: '2026-01-01T10:00:12.000Z', step: state, detail }],
  });

const NOTHING = { targets: [], others: [] };
const good = (digest: string) => ({
  digest,
  tag: 'v1',
  goodAt: '2026-01-01T00:00:00Z',
  build: null,
});

it.each<[string, string | null, readonly DeploymentView[], object]>([
  ['nothing is known', a, [], { origin: null, failed: null, underWay: null }],
  ['deployed once', b, [went('1', a, b)], { origin: { id: '1' }, back: null, failed: null }],
  ['the newest of two', c, [went('2', b, c), went('1', a, b)], { origin: { id: '2' } }],
  [
    'a failure that was taken back',
    b,
    [went('2', b, c, 'rolled-back'), went('1', a, b)],
    { origin: { id: '2' }, back: { by: 'helper' }, failed: { id: '2' } },
  ],
  [
    'a failure that stays',
    c,
    [went('2', b, c, 'failed'), went('1', a, b)],
    { origin: { id: '2' }, back: null, failed: { id: '2' } },
  ],
  [
    'a failure that a success followed is forgotten',
    c,
    [went('3', b, c), went('2', b, c, 'rolled-back'), went('1', a, b)],
    { origin: { id: '3' }, back: null, failed: null },
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
  [
    'a revert past one that was superseded',
    a,
    [
      went('3', b, c, 'rolled-back', { takenBackTo: a, by: 'helper' }),
      went('2', a, b, 'superseded'),
      went('1', d, a),
    ],
    { origin: { id: '3' }, back: { to: a, by: 'helper' }, failed: { id: '3' } },
  ],
  [
    'a rollback of the engine',
    a,
    [went('2', a, b, 'rolled-back', { rolledBackTo: a, by: 'engine' }), went('1', d, a)],
    { origin: { id: '2' }, back: { to: a, by: 'engine' } },
  ],
  [
    'a failure that is left, and somebody went back since',
    a,
    [went('2', a, b, 'failed', { notTakenBack: 'off' }), went('1', d, a)],
    { origin: null, back: null },
  ],
  [
    'somebody else put an older one back',
    a,
    [went('2', a, b), went('1', d, a)],
    { origin: null, back: null },
  ],
  [
    'the one under way runs already',
    b,
    [went('2', a, b, 'verifying'), went('1', d, a)],
    { origin: { id: '2' }, underWay: { id: '2' } },
  ],
  ['somebody else changed it', c, [went('1', a, b)], { origin: null }],
  ['it is not known what runs', null, [went('1', a, b)], { origin: null }],
])('%s', (_name, running, deployments, expected) => {
  expect(tellStory({ running }, deployments, NOTHING)).toMatchObject(expected);
});

it.each([
  ['the newest good image', [good(b), good(a)], [], { before: b, beforeTag: 'v1', mayName: null }],
  [
    'none: what the history has and is not held',
    [],
    [
      { digest: c, tag: null, reason: 'known-bad' as const },
      { digest: a, tag: null, reason: 'not-good' as const },
    ],
    { before: null, mayName: a },
  ],
  ['none', [], [], { before: null, mayName: null }],
])('what a rollback goes to: %s', (_name, targets, others, expected) => {
  expect(tellStory({ running: c }, [], { targets, others })).toMatchObject(expected);
});

it('what has just failed is no way back, also where nobody blames the image', () => {
  const others = [
    { digest: c, tag: null, reason: 'not-good' as const },
    { digest: a, tag: null, reason: 'not-good' as const },
  ];
  const history = [went('2', b, c, 'failed'), went('1', a, b)];
  expect(tellStory({ running: b }, history, { targets: [], others })).toMatchObject({
    failed: { id: '2' },
    mayName: a,
  });
});
