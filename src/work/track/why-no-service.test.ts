import { expect, it } from 'vitest';
import { makeService } from '../../../test/support/work/make-service.ts';
import type { Service } from '../../core/swarm/service.ts';
import { whyNoService } from './why-no-service.ts';

const service = (name: string, label: string, image = 'acme/web:v1.3.0'): Service =>
  makeService({
    name,
    imageText: image,
    labels: label === '' ? {} : { 'cd-helper.track': label },
  });
const why = (services: readonly Service[], tag = 'pr-177') =>
  whyNoService('docker.io/acme/web', services, tag);

it('says nothing where nobody means to follow tags of the repository', () => {
  expect(why([])).toBeNull();
  expect(why([service('web', ''), service('api', 'semver:1.x', 'acme/api:v1.3.0')])).toBeNull();
});

it('tells of each that follows tags why it stays', () => {
  expect(why([service('web', 'semver:1.x'), service('old', '')])).toBe(
    'no service takes it: web (semver:1.x): it is not a version of three numbers',
  );
});

it('tells of a label that is wrong', () => {
  expect(why([service('web', 'semver:latest')], 'v1.4.0')).toMatch(
    /^no service takes it: web: its label cd-helper.track=semver:latest is wrong: /,
  );
});

it('names a few, and counts the others', () => {
  const many = Array.from({ length: 5 }, (_, n) => service(`web-${n}`, 'semver:1.x'));
  expect(why(many)).toMatch(/web-0 .*; web-1 .*; web-2 .*; and 2 more$/);
});
