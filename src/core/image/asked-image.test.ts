import { expect, it } from 'vitest';
import { askedImage, isAskedImage, shortImage } from './asked-image.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;

it.each([
  ['web', 'docker.io/library/web'],
  ['web:v1', 'docker.io/library/web:v1'],
  ['acme/web', 'docker.io/acme/web'],
  ['index.docker.io/acme/web:v1', 'docker.io/acme/web:v1'],
  ['registry.local:5000/acme/web', 'registry.local:5000/acme/web'],
  [`acme/web:v1@${DIGEST}`, 'docker.io/acme/web:v1'],
  [`acme/web@${DIGEST}`, 'docker.io/acme/web'],
  ['No Image', 'No Image'],
])('%s is asked for as %s', (text, expected) => {
  expect(askedImage(text)).toBe(expected);
});

it.each([
  ['acme/web', true],
  ['acme/web:v1', true],
  ['docker.io/acme/web:v1', true],
  ['acme/web:v', false],
  ['acme/we', false],
  ['registry.local:5000/acme/web', false],
])('docker.io/acme/web:v1 is %s: %s', (asked, expected) => {
  expect(isAskedImage('docker.io/acme/web:v1', asked)).toBe(expected);
});

it.each([
  ['docker.io/library/web:v1', 'web:v1'],
  ['docker.io/acme/web', 'acme/web'],
  ['registry.local:5000/acme/web', 'registry.local:5000/acme/web'],
])('%s is short for %s', (shown, expected) => {
  expect(shortImage(shown)).toBe(expected);
});
