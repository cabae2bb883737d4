import { hash } from 'node:crypto';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { createSecret } from '../../core/secret.ts';
import { createHashMatcher, createSecretMatcher } from './match-secret.ts';

const entry = (name: string, text: string) => ({ name, value: createSecret(text) });

it('finds the entry of a secret, whichever it is', () => {
  const match = createSecretMatcher([entry('a', 'alpha'), entry('b', 'beta'), entry('c', 'güneş')]);
  expect(match('alpha')?.name).toBe('a');
  expect(match('beta')?.name).toBe('b');
  expect(match('güneş')?.name).toBe('c');
  expect(match('alpha ')).toBeNull();
  expect(match('')).toBeNull();
});

it('lets nobody in by an empty secret, nor where there is none', () => {
  expect(createSecretMatcher([entry('empty', '')])('')).toBeNull();
  expect(createSecretMatcher([])('anything')).toBeNull();
});

it('matches nothing but the same text', () => {
  fc.assert(
    fc.property(fc.string(), fc.string({ minLength: 1 }), (shown, secret) => {
      expect(createSecretMatcher([entry('x', secret)])(shown) !== null).toBe(shown === secret);
      const known = [{ hash: hash('sha256', secret) }];
      expect(createHashMatcher(known)(shown) !== null).toBe(shown === secret);
    }),
  );
});

it('lets nobody in by the hash itself, nor by one that is none', () => {
  const known = hash('sha256', 'alpha');
  expect(createHashMatcher([{ hash: known }])(known)).toBeNull();
  expect(createHashMatcher([{ hash: '' }])('')).toBeNull();
});
