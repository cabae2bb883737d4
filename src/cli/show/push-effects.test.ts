import { expect, test } from 'vitest';
import { digestOf, serviceOf } from '../../../test/support/http/api-samples.ts';
import { type ImageReference, parseImageReference } from '../../core/image/image-reference.ts';
import type { ImagePush } from '../../core/image/push.ts';
import type { ServiceView } from '../../core/contract/views.ts';
import { pushEffects } from './push-effects.ts';

const imageOf = (text: string): ImageReference => {
  const parsed = parseImageReference(text);
  if (!parsed.ok) throw new Error(parsed.problem);
  return parsed.image;
};
const push = (text: string, digest: string | null = null): ImagePush =>
  ({ image: imageOf(text), digest }) as ImagePush;
const follower = (change: Partial<ServiceView> = {}): ServiceView =>
  serviceOf({ name: 'web', image: 'docker.io/acme/web:v1.3.0', track: 'semver:1.x', ...change });

test.each<[string, Partial<ServiceView>, ImagePush, string]>([
  ['moves', {}, push('acme/web:v1.4.0'), 'would move v1.3.0 → v1.4.0: matches semver:1.x'],
  [
    'is older',
    {},
    push('acme/web:v1.2.0'),
    'follows semver:1.x and stays at v1.3.0: it is older than v1.3.0, which the service has',
  ],
  [
    'is refused',
    {},
    push('acme/web:pr-177'),
    'follows semver:1.x and stays at v1.3.0: it is not a version of three numbers',
  ],
  [
    'is its own',
    {},
    push('acme/web:v1.3.0'),
    'would be checked, and redeployed if its digest differs',
  ],
  ['has that digest', {}, push('acme/web:v1.4.0', digestOf('a')), 'already runs that digest'],
  ['is excluded', { verdict: 'excluded' }, push('acme/web:v1.4.0'), 'is excluded: left alone'],
  [
    'is held at its own',
    { verdict: 'held', reason: 'frozen' },
    push('acme/web:v1.3.0'),
    'is held: frozen',
  ],
])('a service that %s', (_name, change, pushed, line) => {
  expect(pushEffects(pushed, [pushed], [follower(change)])).toEqual([`web (default) ${line}`]);
});

test('of a delivery with several tags the newest moves the service', () => {
  const pushes = [push('acme/web:v1.3.1'), push('acme/web:v1.4.0'), push('acme/api:v9.0.0')];
  expect(pushes.map((one) => pushEffects(one, pushes, [follower()])[0])).toEqual([
    'web (default) follows semver:1.x and stays at v1.3.0: the same delivery also has v1.4.0, which is used instead',
    'web (default) would move v1.3.0 → v1.4.0: matches semver:1.x',
    'no service runs it: no registry is asked',
  ]);
});

test('a tag that the service must not have says why', () => {
  const held = [{ tag: 'v1.4.0', reason: 'known-bad', why: 'it failed at noon' }];
  const pushed = push('acme/web:v1.4.0');
  expect(pushEffects(pushed, [pushed], [follower()], () => held)).toEqual([
    'web (default) would move v1.3.0 → v1.4.0: matches semver:1.x, but it is held (known-bad): it failed at noon',
  ]);
});

test('a label that is wrong', () => {
  const pushed = push('acme/web:v1.4.0');
  const [line] = pushEffects(pushed, [pushed], [follower({ track: 'semver:latest' })]);
  expect(line).toContain('its label cd-helper.track=semver:latest is wrong');
});
