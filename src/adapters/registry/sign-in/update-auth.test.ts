import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { createSecret } from '../../../core/secret.ts';
import { composeUpdateAuth } from './update-auth.ts';

const read = (text: string): unknown => JSON.parse(Buffer.from(text, 'base64url').toString());

test.each([
  ['docker.io', 'https://index.docker.io/v1/'],
  ['registry.local:5000', 'registry.local:5000'],
])('%s is told as %s', (host, serveraddress) => {
  const password = createSecret('pässword');
  expect(read(composeUpdateAuth(host, { kind: 'password', username: 'acme', password }))).toEqual({
    username: 'acme',
    password: 'pässword',
    serveraddress,
  });
});

test('an identity token stands alone', () => {
  const token = createSecret('ident');
  expect(read(composeUpdateAuth('r.example.com', { kind: 'identity-token', token }))).toEqual({
    identitytoken: 'ident',
    serveraddress: 'r.example.com',
  });
});

test('the text is base64url, padded, and reads back', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      const password = createSecret(text);
      const composed = composeUpdateAuth('r', { kind: 'password', username: 'u', password });
      expect(composed).toMatch(/^[\w-]+={0,2}$/);
      expect(composed.length % 4).toBe(0);
      expect(read(composed)).toMatchObject({ password: text });
    }),
  );
});
