import { expect, test } from 'vitest';
import { explainConnectionFailure, ForbiddenAddress } from './connection-failure.ts';
import { TimeUp } from '../../exchange/deadline.ts';

const coded = (code: string): Error => Object.assign(new Error('secret inside'), { code });

test.each<[unknown, string, boolean, RegExp]>([
  [new TimeUp(), 'unreachable', true, /did not answer within 1.5 s/],
  [coded('UND_ERR_CONNECT_TIMEOUT'), 'unreachable', true, /did not answer/],
  [coded('ENOTFOUND'), 'unreachable', true, /cannot be resolved/],
  [new AggregateError([coded('ECONNREFUSED')]), 'unreachable', true, /refuses connections/],
  [new TypeError('x', { cause: coded('ECONNRESET') }), 'unreachable', true, /cut the connection/],
  [coded('CERT_HAS_EXPIRED'), 'unreachable', false, /not trusted \(CERT_HAS_EXPIRED\)/],
  [coded('ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED'), 'sign-in-refused', false, /client cert/],
  [coded('ERR_SSL_WRONG_VERSION_NUMBER'), 'unreachable', false, /does not speak TLS/],
  [coded('ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE'), 'unreachable', false, /refused the TLS/],
  [coded('ERR_OSSL_PEM_NO_START_LINE'), 'unreachable', false, /ca, cert or key/],
  [new ForbiddenAddress('x'), 'unreachable', false, /never contacted/],
  [new Error('secret inside'), 'unreachable', true, /cut the connection/],
  ['secret inside', 'unreachable', true, /cut the connection/],
])('%s is %s', (error, reason, retryable, words) => {
  const explained = explainConnectionFailure('r.example.com', error, 1_500);
  expect(explained).toMatchObject({ reason, retryable });
  expect(explained.message).toMatch(words);
  expect(explained.message).toContain('r.example.com');
  expect(explained.message).not.toContain('secret');
});
