import { expect, test } from 'vitest';
import { makeService } from '../../../test/support/work/make-service.ts';
import { parseImageReference } from '../../core/image/image-reference.ts';
import type { Service } from '../../core/swarm/service.ts';
import { type AskedPush, tellFollowers, tellPush, tellWrongLabels } from './push-check.ts';

const push: AskedPush = {
  registry: 'docker.io',
  repository: 'acme/web',
  tag: 'v1.4.0',
  digest: null,
};
const service = (labels: Record<string, string>, imageText = 'acme/web:v1.3.0'): Service =>
  makeService({ labels, imageText, image: parseImageReference(imageText) });
const track = (label: string): Record<string, string> => ({ 'cd-helper.track': label });

test.each([
  [service(track('semver:1.x')), 'web would move v1.3.0 → v1.4.0: matches semver:1.x'],
  [
    service(track('semver:~1.3')),
    'web follows semver:~1.3 and stays at v1.3.0: it is not in the range ~1.3',
  ],
  [service({}), 'web has docker.io/acme/web:v1.3.0: another tag, left alone'],
  [
    service({}, 'acme/web:v1.4.0'),
    'web has this tag: it would be redeployed if its digest differs',
  ],
  [
    service(track('semver:1.x'), `acme/web@sha256:${'a'.repeat(64)}`),
    'web is pinned to a digest: left alone',
  ],
  [
    service({ ...track('semver:1.x'), 'cd-helper.enabled': 'false' }),
    'web is excluded (label): left alone',
  ],
  [
    service({ ...track('semver:1.x'), 'cd-helper.rollback': 'never' }),
    'web is held: the label cd-helper.rollback=never is not supported',
  ],
])('%#: tells what a push means', (one, line) => {
  expect(tellPush(push, [one], 'all')).toEqual([line]);
});

test('leaves out what has another repository', () => {
  expect(tellPush(push, [service(track('semver:1.x'), 'acme/api:v1.0.0')], 'all')).toEqual([]);
});

test('counts who follows tags, and tells whose label is wrong', () => {
  expect(tellFollowers([service({})])).toEqual([]);
  expect(tellFollowers([service(track('semver:1.x')), service({})])).toEqual([
    '1 of them follows tags',
  ]);
  const two = [service(track('semver:1.x')), service(track('semver:latest'))];
  expect(tellFollowers(two)).toEqual(['2 of them follow tags']);
  expect(tellWrongLabels([service(track('semver:1.x'))])).toBeNull();
  expect(tellWrongLabels(two)).toMatch(/^web: the label cd-helper.track=semver:latest \("latest"/);
});
