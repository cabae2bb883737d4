import { format, inspect } from 'node:util';
import { expect, test } from 'vitest';
import { createSecret } from './secret.ts';

const secret = createSecret('hunter2');

test('gives its text only when asked to reveal it', () => {
  expect(secret.reveal()).toBe('hunter2');
});

test.each([
  ['a template', `shown: ${secret as unknown as string}`.replace('shown: ', '')],
  ['joining', ['a', secret].join(' ')],
  ['String', String(secret)],
  ['JSON', JSON.stringify({ secret })],
  ['inspect', inspect({ deep: { secret } }, { depth: null, showHidden: true })],
  ['format', format('%s %o %j', secret, secret, secret)],
  ['an error', new Error(`with ${secret as unknown as string}`).message],
  ['its own keys and values', inspect(Object.entries(secret))],
  ['a structured copy by spreading', JSON.stringify({ ...secret })],
])('is not to be read in %s', (_how, text) => {
  expect(text).not.toContain('hunter2');
});
