import { describe, expect, it } from 'vitest';
import { createTestAuthority } from '../../../../test/support/http/test-authority.ts';
import { failureOf } from './exchange-failure.ts';
import { tlsProblem } from './tls-problem.ts';

const authority = createTestAuthority();
const { ca } = authority;
const good = { ca, ...authority.issue(['helper']) };
const expired = { ca, ...authority.issue(['helper'], 'expired') };
const HOUR_MS = 60 * 60 * 1000;
const now = Date.now();
const turnedAway = 'ERR_SSL_SSL/TLS_ALERT_BAD_CERTIFICATE';
const longMessage =
  '40:error:0A000412:SSL routines:ssl3_read_bytes:ssl/tls alert bad certificate:../rec_layer_s3.c:918:SSL alert number 42';

const failed = (code: string, message = 'what it says') =>
  failureOf(Object.assign(new Error(message), { code }), { late: false, tooLarge: false });

describe('why TLS with an engine failed', () => {
  it.each([
    [
      turnedAway,
      { ca },
      /^it requires a client certificate \(ssl\/tls alert bad certificate\): set cert/,
    ],
    ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', { ca }, /^it requires a client certificate/],
    [turnedAway, expired, /^the client certificate expired on \S+Z: issue a new one$/],
    ['ERR_SSL_TLSV1_ALERT_UNKNOWN_CA', good, /^it does not accept the client certificate/],
    [turnedAway, { ...good, cert: 'no certificate' }, /^it does not accept/],
    [
      'CERT_SIGNATURE_FAILURE',
      good,
      /^the engine's certificate is not signed by ca of the cluster/,
    ],
    [
      'SELF_SIGNED_CERT_IN_CHAIN',
      {},
      /^the engine's certificate is signed by an unknown authority/,
    ],
    ['CERT_HAS_EXPIRED', good, /^the engine's certificate is not valid now/],
    ['ERR_TLS_CERT_ALTNAME_INVALID', good, /^the engine's certificate is for other names/],
    ['ERR_OSSL_X509_KEY_VALUES_MISMATCH', good, /do not belong together/],
    ['ERR_OSSL_PEM_NO_START_LINE', good, /cannot be used \(what it says\)/],
    ['ERR_SSL_NO_SHARED_CIPHER', good, /^what it says: check ca, cert and key/],
  ])('%s with %o', (code, own, message) => {
    const failure = failed(code, code === turnedAway ? longMessage : undefined);
    expect(failure).toMatchObject({ kind: 'tls', maySent: false });
    expect(tlsProblem(failure, own, now)).toMatch(message);
  });

  it('tells a port without TLS by what OpenSSL says of its first bytes', () => {
    const failure = failed(
      'EPROTO',
      'write EPROTO 40:error:0A00010B:SSL routines:f:wrong version number:x',
    );
    expect(tlsProblem(failure, good, now)).toMatch(/does not use TLS \(wrong version number\)/);
  });

  it('tells of a certificate whose time has not come', () => {
    const problem = tlsProblem(failed(turnedAway), good, now - 48 * HOUR_MS);
    expect(problem).toMatch(/valid only from \S+Z: correct the clock here/);
  });
});
