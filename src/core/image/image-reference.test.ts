import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { digestOfChar } from '../../../test/support/work/make-service.ts';
import {
  createImageParser,
  type ImageReference,
  imageName,
  imageWithTag,
  parseImageReference,
  pinImageText,
  printImageReference,
} from './image-reference.ts';

const D = digestOfChar('d');
const HEX = 'a'.repeat(64);

const parsed = (text: string): ImageReference => {
  const result = parseImageReference(text);
  if (!result.ok) throw new Error(`${text}: ${result.problem}`);
  return result.image;
};

describe('parseImageReference', () => {
  // text, registry, repository, tag, digest
  it.each([
    ['nginx', 'docker.io', 'library/nginx', 'latest', null],
    ['nginx:1.27', 'docker.io', 'library/nginx', '1.27', null],
    ['acme/app', 'docker.io', 'acme/app', 'latest', null],
    ['acme/team/deep/app:v1', 'docker.io', 'acme/team/deep/app', 'v1', null],
    ['docker.io/nginx', 'docker.io', 'library/nginx', 'latest', null],
    ['docker.io/library/nginx:1', 'docker.io', 'library/nginx', '1', null],
    ['index.docker.io/nginx', 'docker.io', 'library/nginx', 'latest', null],
    ['index.docker.io/acme/app:2', 'docker.io', 'acme/app', '2', null],
    ['registry-1.docker.io/acme/app', 'docker.io', 'acme/app', 'latest', null],
    ['library/nginx', 'docker.io', 'library/nginx', 'latest', null],
    ['ghcr.io/acme/app:v1', 'ghcr.io', 'acme/app', 'v1', null],
    ['registry.local/app', 'registry.local', 'app', 'latest', null],
    ['registry:5000/app', 'registry:5000', 'app', 'latest', null],
    ['registry:5000/app:v1', 'registry:5000', 'app', 'v1', null],
    ['registry.local:5000/a/b/c:v1', 'registry.local:5000', 'a/b/c', 'v1', null],
    ['localhost/app', 'localhost', 'app', 'latest', null],
    ['localhost:5000/app', 'localhost:5000', 'app', 'latest', null],
    ['localhost:5000', 'docker.io', 'library/localhost', '5000', null],
    ['127.0.0.1:5000/app:v1', '127.0.0.1:5000', 'app', 'v1', null],
    ['[::1]/app', '[::1]', 'app', 'latest', null],
    ['[::1]:5000/team/app:v1', '[::1]:5000', 'team/app', 'v1', null],
    ['[2001:db8::1]:5000/app', '[2001:db8::1]:5000', 'app', 'latest', null],
    ['Registry/app', 'Registry', 'app', 'latest', null],
    ['REGISTRY.local/app', 'registry.local', 'app', 'latest', null],
    ['GHCR.io/acme/app:V1', 'ghcr.io', 'acme/app', 'V1', null],
    ['Docker.IO/nginx', 'docker.io', 'library/nginx', 'latest', null],
    ['LOCALHOST:5000/app', 'localhost:5000', 'app', 'latest', null],
    ['app:5', 'docker.io', 'library/app', '5', null],
    ['app:5000', 'docker.io', 'library/app', '5000', null],
    ['app:65535', 'docker.io', 'library/app', '65535', null],
    ['acme/app:8080', 'docker.io', 'acme/app', '8080', null],
    ['registry:5000/app:5000', 'registry:5000', 'app', '5000', null],
    ['app:_x', 'docker.io', 'library/app', '_x', null],
    ['app:V1.0-RC_1', 'docker.io', 'library/app', 'V1.0-RC_1', null],
    [`app:${'t'.repeat(128)}`, 'docker.io', 'library/app', 't'.repeat(128), null],
    ['a.b/c', 'a.b', 'c', 'latest', null],
    ['a__b/c-d/e--f_g.h', 'docker.io', 'a__b/c-d/e--f_g.h', 'latest', null],
    [`nginx@${D}`, 'docker.io', 'library/nginx', null, D],
    [`nginx:1@${D}`, 'docker.io', 'library/nginx', '1', D],
    [`registry:5000/app:v1@${D}`, 'registry:5000', 'app', 'v1', D],
    [`registry:5000/app@${D}`, 'registry:5000', 'app', null, D],
    [`[::1]:5000/app@${D}`, '[::1]:5000', 'app', null, D],
    [
      `app@sha512:${'0'.repeat(128)}`,
      'docker.io',
      'library/app',
      null,
      `sha512:${'0'.repeat(128)}`,
    ],
    // The grammar treats 64 hex digits as an image id only if there is nothing else.
    [`${HEX}:v1`, 'docker.io', `library/${HEX}`, 'v1', null],
    [`acme/${HEX}`, 'docker.io', `acme/${HEX}`, 'latest', null],
    ['a'.repeat(63), 'docker.io', `library/${'a'.repeat(63)}`, 'latest', null],
  ])('%s', (text, registry, repository, tag, digest) => {
    expect(parsed(text)).toEqual({ registry, repository, tag, digest });
  });

  it.each([
    ['', /needs a name/],
    [' nginx', /repository/],
    ['nginx ', /repository/],
    ['nginx\n', /repository/],
    ['nginx:1\n', /tag/],
    ['Nginx', /lower case/],
    ['acme/App', /lower case/],
    ['docker.io/Acme/app', /lower case/],
    [HEX, /image id/],
    [`app:${'t'.repeat(129)}`, /tag/],
    ['app:', /tag/],
    ['app:-x', /tag/],
    ['app:.x', /tag/],
    ['app:a/b', /.+/],
    ['app:a:b', /tag/],
    ['registry:5000/', /repository/],
    ['registry:port/app', /host/],
    ['registry:/app', /host/],
    ['/app', /repository/],
    ['acme//app', /repository/],
    ['acme/', /repository/],
    ['acme/-app', /repository/],
    ['acme/app-', /repository/],
    ['acme/a..b', /repository/],
    ['acme/a___b', /repository/],
    ['acme/a._b', /repository/],
    ['my_host.com/app', /host/],
    ['-host.com/app', /host/],
    ['::1/app', /host/],
    ['[::1/app', /host/],
    ['[zz::1]/app', /host/],
    ['https://registry.local/app', /host/],
    [`app@${D.toUpperCase()}`, /digest/],
    ['app@sha256:abc', /digest/],
    ['app@', /digest/],
    [`app@md5:${'0'.repeat(32)}`, /digest/],
    [`app@${D}@${D}`, /digest/],
    [`@${D}`, /repository/],
    ['a/../b', /repository/],
    ['acme/päckchen', /repository/],
    [`acme/${'a'.repeat(250)}`, /255/],
    [`registry.local/${'a'.repeat(241)}`, /255/],
  ])('refuses %j', (text, problem) => {
    const result = parseImageReference(text);
    expect(result).toMatchObject({ ok: false });
    expect(result.ok ? '' : result.problem).toMatch(problem);
  });

  it('takes a name of exactly 255 characters', () => {
    const repository = 'a'.repeat(255 - 'registry.local/'.length);
    expect(parsed(`registry.local/${repository}`).repository).toBe(repository);
  });
});

const LOWER = 'abcdefghijklmnopqrstuvwxyz0123456789'.split('');
const word = fc.string({ unit: fc.constantFrom(...LOWER), minLength: 1, maxLength: 8 });
const pathPart = fc
  .tuple(
    word,
    fc.array(fc.tuple(fc.constantFrom('.', '_', '__', '-', '---'), word), { maxLength: 2 }),
  )
  .map(([first, rest]) => first + rest.map(([joint, next]) => joint + next).join(''));
const port = fc.option(fc.integer({ min: 1, max: 65_535 }), { nil: null });
const host = fc
  .tuple(
    fc.oneof(
      fc.constant('localhost'),
      fc.array(word, { minLength: 2, maxLength: 4 }).map((labels) => labels.join('.')),
      fc.ipV4(),
      fc
        .ipV6()
        .filter((text) => !text.includes('.'))
        .map((text) => `[${text}]`),
      word.map((text) => `R${text}`),
    ),
    port,
  )
  .map(([name, at]) => (at === null ? name : `${name}:${at}`));
const tag = fc
  .tuple(
    fc.constantFrom('_', ...LOWER, 'A', 'Z'),
    fc.string({ unit: fc.constantFrom(...LOWER, 'Q', '_', '.', '-'), maxLength: 127 }),
  )
  .map(([first, rest]) => first + rest);
const digest = fc
  .string({ unit: fc.constantFrom(...'0123456789abcdef'.split('')), minLength: 64, maxLength: 64 })
  .map((hex) => `sha256:${hex}`);

/** Texts of the whole grammar, with the parts that they consist of. */
const written = fc
  .record({
    host: fc.option(fc.oneof(host, fc.constantFrom('docker.io', 'index.docker.io')), { nil: null }),
    path: fc.array(pathPart, { minLength: 1, maxLength: 4 }),
    tag: fc.option(tag, { nil: null }),
    digest: fc.option(digest, { nil: null }),
  })
  // The first folder of a path without host must not look like a host.
  .filter(
    ({ host: at, path }) =>
      at !== null || path.length === 1 || !(/\./.test(path[0] ?? '') || path[0] === 'localhost'),
  )
  .filter(({ host: at, path }) => at !== null || !/^[a-f0-9]{64}$/.test(path.join('/')));

const textOf = (parts: {
  host: string | null;
  path: readonly string[];
  tag: string | null;
  digest: string | null;
}): string =>
  (parts.host === null ? '' : `${parts.host}/`) +
  parts.path.join('/') +
  (parts.tag === null ? '' : `:${parts.tag}`) +
  (parts.digest === null ? '' : `@${parts.digest}`);

describe('the laws of references', () => {
  it('keeps every part that was written', () => {
    fc.assert(
      fc.property(written, (parts) => {
        const image = parsed(textOf(parts));
        expect(image.digest).toBe(parts.digest);
        expect(image.tag).toBe(parts.tag ?? (parts.digest === null ? 'latest' : null));
        expect(`${image.registry}/${image.repository}`.endsWith(parts.path.join('/'))).toBe(true);
      }),
    );
  });

  it('parses what it prints to the same reference', () => {
    fc.assert(
      fc.property(written, (parts) => {
        const image = parsed(textOf(parts));
        expect(parsed(printImageReference(image))).toEqual(image);
      }),
    );
  });

  it('never throws, whatever text it is given', () => {
    const odd = fc.string({ unit: fc.constantFrom(...':/@._-[]aA0\n é'.split('')), maxLength: 40 });
    fc.assert(
      fc.property(fc.oneof(fc.string(), odd), (text) => {
        const result = parseImageReference(text);
        if (result.ok) expect(parsed(printImageReference(result.image))).toEqual(result.image);
      }),
    );
  });

  it('takes a long bad text in no time', () => {
    const began = performance.now();
    for (const text of [
      `${'a-'.repeat(100_000)}/x`,
      'a'.repeat(200_000),
      `${'a.'.repeat(100_000)}!`,
    ])
      parseImageReference(text);
    expect(performance.now() - began).toBeLessThan(2_000);
  });

  it('pins a text so that only its digest and a missing tag change', () => {
    fc.assert(
      fc.property(written, (parts) => {
        const text = textOf(parts);
        const image = parsed(text);
        const pinned = pinImageText(text, image, D);
        expect(parsed(pinned)).toEqual({ ...image, digest: D });
        expect(pinned.startsWith(textOf({ ...parts, digest: null }))).toBe(true);
        expect(pinImageText(pinned, image, D)).toBe(pinned);
      }),
    );
  });
});

describe('printing', () => {
  it.each([
    ['nginx', `nginx:latest@${D}`],
    ['nginx:1', `nginx:1@${D}`],
    ['registry:5000/app', `registry:5000/app:latest@${D}`],
    [`nginx:1@${digestOfChar('e')}`, `nginx:1@${D}`],
    [`nginx@${digestOfChar('e')}`, `nginx@${D}`],
    ['docker.io/library/nginx:1', `docker.io/library/nginx:1@${D}`],
  ])('pins %s as its author wrote it', (text, pinned) => {
    expect(pinImageText(text, parsed(text), D)).toBe(pinned);
  });

  it('names an image with and without its tag', () => {
    const image = parsed(`nginx:1@${D}`);
    expect([imageName(image), imageWithTag(image)]).toEqual([
      'docker.io/library/nginx',
      'docker.io/library/nginx:1',
    ]);
    expect(imageWithTag(parsed(`nginx@${D}`))).toBe('docker.io/library/nginx');
  });
});

it('a parser for many gives what parsing each gives, of one text the same', () => {
  const parse = createImageParser();
  for (const text of ['nginx', 'acme/app:v1', 'NOT AN IMAGE']) {
    expect(parse(text)).toEqual(parseImageReference(text));
    expect(parse(text)).toBe(parse(text));
  }
});
