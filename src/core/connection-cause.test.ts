import { expect, test } from 'vitest';
import { causeOfCode, connectionCode } from './connection-cause.ts';

const withCode = (code: string, cause?: unknown): Error =>
  Object.assign(new Error('it failed', { cause }), { code });

test.each([
  ['ECONNREFUSED', 'refused'],
  ['EAI_AGAIN', 'unknown-host'],
  ['UND_ERR_CONNECT_TIMEOUT', 'late'],
  ['CERT_NOT_YET_VALID', 'expired'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'other-name'],
  ['SELF_SIGNED_CERT_IN_CHAIN', 'untrusted'],
  ['ERR_SSL_WRONG_VERSION_NUMBER', 'no-tls'],
  ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', 'tls'],
  ['ECONNRESET', 'other'],
  ['constructor', 'other'],
  ['', 'other'],
])('%s means %s', (code, cause) => {
  expect(causeOfCode(code)).toBe(cause);
});

test.each([
  ['its own', withCode('ECONNREFUSED'), 'ECONNREFUSED'],
  ['that of its cause', new Error('outer', { cause: withCode('ENOTFOUND') }), 'ENOTFOUND'],
  ['the one that says more', withCode('UND_ERR_SOCKET', withCode('EPROTO')), 'EPROTO'],
  ['the first of those that say nothing', withCode('A', withCode('B')), 'A'],
  ['that of the first address', new AggregateError([withCode('ETIMEDOUT')]), 'ETIMEDOUT'],
  ['none', new Error('no code'), ''],
  ['none of what is no error', 'ECONNREFUSED', ''],
])('the code of an error is %s', (_what, error, code) => {
  expect(connectionCode(error)).toBe(code);
});

test('an error that is its own cause ends', () => {
  const error = new Error('a circle');
  error.cause = error;
  expect(connectionCode(error)).toBe('');
});
