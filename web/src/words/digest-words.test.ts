import { expect, test } from 'vitest';
import { familiarImage, shortDigest, shortRevision, sourceLink } from './digest-words.ts';

test('a digest is known by its first twelve digits', () => {
  expect(shortDigest(`sha256:${'2c26b46b68ff'.padEnd(64, '0')}`)).toBe('2c26b46b68ff');
});

test.each([
  ['982c388e4b7f2c26b46b68ffc68ff99b453c1d30', '982c388e4'],
  ['982c388', '982c388'],
  ['r1234567890123', 'r1234567890123'],
])('revision %s is %s', (revision, short) => {
  expect(shortRevision(revision)).toBe(short);
});

test.each([
  ['docker.io/library/nginx:1', 'nginx:1'],
  ['docker.io/acme/web:v1', 'acme/web:v1'],
  ['ghcr.io/acme/web:v1', 'ghcr.io/acme/web:v1'],
])('image %s is %s', (image, familiar) => {
  expect(familiarImage(image)).toBe(familiar);
});

test.each([
  ['https://example.org/acme/web', 'https://example.org/acme/web'],
  ['javascript:alert(1)', null],
  ['data:text/html,x', null],
  ['acme/web', null],
  [null, null],
])('source %s leads to %s', (source, link) => {
  expect(sourceLink(source)).toBe(link);
});
