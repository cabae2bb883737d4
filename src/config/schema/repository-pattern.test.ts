import { expect, test } from 'vitest';
import { isRepositoryPattern, wholePattern } from './repository-pattern.ts';

test.each([
  ['acme/*', 'docker.io/acme/*'],
  ['acme/team/**', 'docker.io/acme/team/**'],
  ['nginx', 'docker.io/library/nginx'],
  ['docker.io/nginx', 'docker.io/library/nginx'],
  ['index.docker.io/acme/*', 'docker.io/acme/*'],
  ['docker.io/acme/*', 'docker.io/acme/*'],
  ['registry.local:5000/app', 'registry.local:5000/app'],
  ['localhost/app', 'localhost/app'],
  ['[::1]:5000/app', '[::1]:5000/app'],
  // A star may be a host.
  ['*/app', '*/app'],
  ['**', '**'],
  ['**/app', '**/app'],
  ['ghcr*/acme/app', 'ghcr*/acme/app'],
  ['docker.io/**', 'docker.io/**'],
])('%s is %s', (said, meant) => {
  expect(isRepositoryPattern(said)).toBe(true);
  expect(wholePattern(said)).toBe(meant);
});

test.each([
  'acme/web:v1',
  'nginx:1',
  'docker.io/acme/web@sha256:0',
  'https://docker.io/acme/*',
  'docker.io//web',
  '/web',
  'web/',
  ' web',
  '',
])('%j can match no repository', (said) => {
  expect(isRepositoryPattern(said)).toBe(false);
});
