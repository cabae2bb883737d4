import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { createSecretRemover } from './remove-secrets.ts';

const clean = (value: unknown, secrets: readonly string[] = []): unknown => {
  const text = JSON.stringify(value);
  return JSON.parse(createSecretRemover(secrets).fromBody(text, JSON.parse(text)));
};

it.each([
  [{ image: 'a' }, { image: 'a' }],
  [{ callback_url: 'https://x/hook/1' }, { callback_url: '[redacted]' }],
  [{ a: [{ authToken: 'x', n: 1 }] }, { a: [{ authToken: '[redacted]', n: 1 }] }],
  [
    { PASSWORD: 5, apiKey: 'k', api_key: 'k' },
    { PASSWORD: '[redacted]', apiKey: '[redacted]', api_key: '[redacted]' },
  ],
  [{ secrets: { name: 'kept' } }, { secrets: { name: 'kept' } }],
  [{ note: 'my token is well' }, { note: 'my token is well' }],
  [{ token: '' }, { token: '' }],
])('%j becomes %j', (value, expected) => {
  expect(clean(value)).toEqual(expected);
});

it('takes configured secrets out in every spelling', () => {
  const secret = 'p"/ä';
  const body = { plain: `x ${secret} y`, address: `https://h/hooks/${encodeURIComponent(secret)}` };
  expect(clean(body, [secret, ''])).toEqual({
    plain: 'x [redacted] y',
    address: 'https://h/hooks/[redacted]',
  });
});

it('leaves no configured secret in any body', () => {
  const secret = 'hook-secret-0f3a9c';
  fc.assert(
    fc.property(fc.jsonValue(), fc.constantFrom('token', 'note', 'image'), (value, name) => {
      const body = { value, [name]: [`a${secret}b`] };
      expect(JSON.stringify(clean(body, [secret]))).not.toContain(secret);
    }),
  );
});

it('bears prototype keys and what is not well-formed', () => {
  const text = '{"__proto__":{"token":"x"},"password":"\\ud800"}';
  const { fromBody } = createSecretRemover(['\ud800']);
  expect(fromBody(text, JSON.parse(text))).not.toContain('"x"');
});
