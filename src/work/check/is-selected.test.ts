import { describe, expect, it } from 'vitest';
import { EVERY_SERVICE } from '../../core/contract/every-service.ts';
import { digestOfChar, makeService } from '../../../test/support/work/make-service.ts';
import { isSelected } from './check-cluster.ts';

const DIGEST = digestOfChar('a');
const REQUEST = { ...EVERY_SERVICE, dryRun: true };

const selects = (pattern: string, imageText: string): boolean =>
  isSelected(makeService({ imageText }), { ...REQUEST, images: [pattern] });

describe('an image is selected', () => {
  it.each([
    'nginx',
    'nginx:1.2',
    'nginx:*',
    'ngin?',
    'library/nginx',
    'library/*',
    'docker.io/nginx',
    'docker.io/library/nginx:1.2',
    'index.docker.io/library/nginx',
    `nginx:1.2@${DIGEST}`,
    '*',
  ])('nginx:1.2, by %s', (pattern) => {
    expect(selects(pattern, `nginx:1.2@${DIGEST}`)).toBe(true);
  });

  it.each(['nginx:1', 'acme/nginx', 'registry.local/nginx', 'library', 'NGINX', 'nginx:1.2.3'])(
    'nginx:1.2, and not by %s',
    (pattern) => {
      expect(selects(pattern, `nginx:1.2@${DIGEST}`)).toBe(false);
    },
  );

  it.each([
    ['acme/*', 'acme/web:v1', true],
    ['index.docker.io/acme/web', 'acme/web:v1', true],
    ['acme/web', `acme/web@${DIGEST}`, true],
    ['acme/*', 'registry.local/acme/web:v1', false],
    ['registry.local/acme/web', 'registry.local/acme/web:v1', true],
    // The spec's own text, if it is not a valid image.
    ['NOT*', 'NOT an image', true],
  ])('%s is of %s: %s', (pattern, image, expected) => {
    expect(selects(pattern, image)).toBe(expected);
  });
});
