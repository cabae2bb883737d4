import { expect, test } from 'vitest';
import { effectOfPush } from './explain-push.ts';

const moves = { kind: 'moves' };
const refused = (why: string) => ({ kind: 'stays', why, refused: true });
const stays = (why: string) => ({ kind: 'stays', why, refused: false });

test.each([
  ['semver:1.x', 'v1.3.0', 'v1.4.0', moves],
  ['semver:1.x', 'v1.3.0', 'v1.3.0', { kind: 'compared' }],
  [null, 'v1.3.0', 'v1.3.0', { kind: 'compared' }],
  [null, 'v1.3.0', 'v1.4.0', refused('it follows no tags and stays at v1.3.0')],
  ['semver:1.x', 'v1.3.0', 'pr-177', refused('it is not a version of three numbers')],
  ['semver:1.x', 'v1.3.0', 'v2.0.0', refused('it is not in the range 1.x')],
  ['semver:1.x', 'v1.3.0', 'v1.2.9', stays('it is older than v1.3.0, which the service has')],
  [
    'semver:1.x',
    'v1.3.0',
    'v1.3.0_982c388',
    stays('it is the same version as v1.3.0, which the service has'),
  ],
  ['newest:main-*', 'main-aaa', 'main-bbb', moves],
])('%s at %s, push of %s', (label, present, tag, effect) => {
  expect(effectOfPush({ label, present }, tag)).toEqual(effect);
});

test('tells what is wrong with a label', () => {
  const { why } = {
    why: '',
    ...effectOfPush({ label: 'semver:latest', present: 'v1.3.0' }, 'v1.4.0'),
  };
  expect(why).toMatch(
    /^its label cd-helper.track=semver:latest is wrong: "latest" is not a version range/,
  );
});

test('of tags that one delivery names only the newest moves a service', () => {
  const tags = ['v1.3.1', 'v1.4.0', 'INT'];
  const service = { label: 'semver:1.x', present: 'v1.3.0' };
  expect(effectOfPush(service, 'v1.4.0', tags)).toEqual(moves);
  expect(effectOfPush(service, 'v1.3.1', tags)).toEqual(
    stays('the same delivery also has v1.4.0, which is used instead'),
  );
});
