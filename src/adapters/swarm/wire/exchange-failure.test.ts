import { describe, expect, it } from 'vitest';
import { failureOf } from './exchange-failure.ts';

const coded = (code: string): Error => Object.assign(new Error(code), { code });
const ordinary = { late: false, tooLarge: false };

describe('what kept a request from its answer', () => {
  it.each([
    ['ENOENT', 'no-socket', false],
    ['EACCES', 'no-access', false],
    ['ECONNREFUSED', 'connection-refused', false],
    ['ENOTFOUND', 'unknown-host', false],
    ['EAI_AGAIN', 'unknown-host', false],
    ['EHOSTUNREACH', 'no-route', false],
    ['UND_ERR_CONNECT_TIMEOUT', 'late-connect', false],
    ['SELF_SIGNED_CERT_IN_CHAIN', 'tls', false],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'tls', false],
    ['UND_ERR_SOCKET', 'lost', true],
    ['ECONNRESET', 'lost', true],
    ['EPIPE', 'lost', true],
    ['HPE_INVALID_CONSTANT', 'lost', true],
  ])('%s is %s, and the request may have been seen: %s', (code, kind, maySent) => {
    expect(failureOf(coded(code), ordinary)).toMatchObject({ kind, maySent });
    const wrapped = new Error('fetch failed', { cause: coded(code) });
    expect(failureOf(wrapped, ordinary)).toMatchObject({ kind, maySent });
  });

  it('is told by the first of several addresses that were tried', () => {
    const all = new AggregateError([coded('ECONNREFUSED'), coded('EHOSTUNREACH')]);
    expect(failureOf(all, ordinary).kind).toBe('connection-refused');
  });

  it('is the end of our own patience, whatever the error says', () => {
    const late = failureOf(coded('ECONNREFUSED'), { late: true, tooLarge: false });
    expect(late).toMatchObject({ kind: 'late', maySent: true });
  });
});
