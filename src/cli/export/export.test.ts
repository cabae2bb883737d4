import { expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { digestOf, serviceOf } from '../../../test/support/http/api-samples.ts';
import type { ServiceView } from '../../core/contract/views.ts';
import { composeOverride } from './compose-override.ts';
import { mayRunAnother, type RunningImage, runningImage } from './running-images.ts';

const AT = '2026-12-01T02:00:00.000Z';
const OPTIONS = { at: AT, version: null };
const [A, B] = [digestOf('a'), digestOf('b')];
const service = (change: Partial<ServiceView> = {}): ServiceView =>
  serviceOf({
    name: 'shop_web',
    stack: 'shop',
    image: 'docker.io/acme/web:v1.4.0',
    running: A,
    ...change,
  });
const moved = { from: A, to: B, fromTag: 'v1.3.0', toTag: 'v1.4.0' };

test.each<[string, Partial<ServiceView>, typeof moved | null, Partial<RunningImage>]>([
  [
    'what its spec names',
    {},
    null,
    { service: 'web', image: `acme/web:v1.4.0@${A}`, tag: 'v1.4.0' },
  ],
  [
    'what ran before a move that is on its way',
    {},
    moved,
    { image: `acme/web:v1.3.0@${A}`, tag: 'v1.3.0' },
  ],
  ['what it moved to', { running: B }, moved, { image: `acme/web:v1.4.0@${B}` }],
  [
    'no digest where none is known',
    { running: null },
    null,
    { image: 'acme/web:v1.4.0', digest: null },
  ],
  [
    'a digest alone',
    { verdict: 'pinned', image: 'docker.io/acme/web' },
    null,
    { image: `acme/web@${A}`, tag: null },
  ],
  [
    'another registry',
    { image: 'registry.local:5000/acme/web:v1' },
    null,
    { image: `registry.local:5000/acme/web:v1@${A}` },
  ],
  [
    'a library image',
    { image: 'docker.io/library/nginx:1.29' },
    null,
    { image: `nginx:1.29@${A}` },
  ],
  ['its own name outside of stacks', { stack: null }, null, { service: 'shop_web', stack: null }],
])('runs %s', (_name, change, last, expected) => {
  expect(runningImage(service(change), last)).toMatchObject(expected);
});

test('is nothing where the image is none', () => {
  expect(runningImage(service({ image: 'Acme/Web' }), null)).toBeNull();
});

test('asks for the last deployment only where it may matter', () => {
  expect(mayRunAnother(service({ deployment: 'd' }))).toBe(false);
  expect(mayRunAnother(service({ deployment: 'd', track: 'semver:1.x' }))).toBe(true);
  expect(mayRunAnother(service({ deployment: 'd', verdict: 'updating' }))).toBe(true);
  expect(mayRunAnother(service({ deployment: null, verdict: 'updating' }))).toBe(false);
});

const images = (...services: readonly ServiceView[]): readonly RunningImage[] =>
  services.flatMap((one) => runningImage(one, null) ?? []);

test('is an override that docker takes', () => {
  const text = composeOverride(
    images(service(), service({ name: 'shop_api', image: 'docker.io/acme/api:v2' })),
    OPTIONS,
  );
  expect(text).toBe(`# What runs in stack shop on cluster default, at ${AT}
# docker stack deploy -c STACK-FILE -c shop.running.yml shop
services:
  api:
    image: acme/api:v2@${A}
  web:
    image: acme/web:v1.4.0@${A}
`);
  expect(parse(text)).toEqual({
    services: { api: { image: `acme/api:v2@${A}` }, web: { image: `acme/web:v1.4.0@${A}` } },
  });
});

test('is one document for each stack of each cluster', () => {
  const text = composeOverride(
    images(
      service(),
      service({ cluster: 'qa' }),
      service({ name: 'true', stack: null }),
      service({ name: '1.5', stack: null, running: null }),
    ),
    OPTIONS,
  );
  const documents = parseAllDocuments(text);
  if (!Array.isArray(documents)) throw new Error('no documents');
  expect(documents.map((one) => Object.keys(one.toJS().services))).toEqual([
    ['web'],
    ['web'],
    ['1.5', 'true'],
  ]);
});

test('lets no name write lines of its own', () => {
  const [one] = images(service({ stack: 'shop\nservices: {}', name: 'x' }));
  if (one === undefined) throw new Error('nothing');
  const text = composeOverride([{ ...one, service: 'a\nb: c' }], OPTIONS);
  expect(Object.keys((parse(text) as { services: object }).services)).toEqual(['a\nb: c']);
});

test('has the version of the stack file, which docker wants to be the same', () => {
  const text = composeOverride(images(service()), { at: AT, version: '3.8' });
  expect(parse(text)).toMatchObject({ version: '3.8' });
});
