import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseChallenges } from './challenge.ts';

const plain = (header: string): unknown =>
  parseChallenges(header).map(({ scheme, parameters }) => [scheme, Object.fromEntries(parameters)]);

test.each([
  [
    'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:library/nginx:pull"',
    [
      [
        'bearer',
        {
          realm: 'https://auth.docker.io/token',
          service: 'registry.docker.io',
          scope: 'repository:library/nginx:pull',
        },
      ],
    ],
  ],
  ['Basic realm="a, \\"b\\""', [['basic', { realm: 'a, "b"' }]]],
  ['BASIC', [['basic', {}]]],
  ['bearer Realm = x , Service="y"', [['bearer', { realm: 'x', service: 'y' }]]],
  [
    'Negotiate, Basic realm="x", Bearer realm="y",scope="a:b:pull,push"',
    [
      ['negotiate', {}],
      ['basic', { realm: 'x' }],
      ['bearer', { realm: 'y', scope: 'a:b:pull,push' }],
    ],
  ],
  [
    'Negotiate oYIBwzCCAb+gAw==, Basic realm=x',
    [
      ['negotiate', {}],
      ['basic', { realm: 'x' }],
    ],
  ],
  ['', []],
  ['   ', []],
  ['"broken', []],
  ['Bearer realm="never closed', [['bearer', {}]]],
])('%s', (header, expected) => {
  expect(plain(header)).toEqual(expected);
});

test('whatever stands there, it ends and gives names only', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 200 }), (header) => {
      for (const { scheme } of parseChallenges(header)) expect(scheme).toMatch(/^\S+$/);
    }),
  );
});

test('what is written quoted is read back', () => {
  const value = fc.string({ unit: 'grapheme-ascii', maxLength: 40 });
  fc.assert(
    fc.property(value, value, (realm, scope) => {
      const quote = (text: string): string => `"${text.replaceAll(/["\\]/g, '\\$&')}"`;
      const header = `Bearer realm=${quote(realm)},scope=${quote(scope)}`;
      expect(plain(header)).toEqual([['bearer', { realm, scope }]]);
    }),
  );
});

test('a hostile header is read in no time', () => {
  const started = performance.now();
  parseChallenges(`Bearer ${'realm="'.repeat(100_000)}`);
  parseChallenges(`Bearer a=${'\\"'.repeat(100_000)}`);
  parseChallenges(' '.repeat(1_000_000));
  expect(performance.now() - started).toBeLessThan(500);
});
