import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { judgeRealm } from './realm.ts';

type Case = [realm: string, registry: string, kind: string, allowed?: string[], scheme?: 'http'];

const judge = ([realm, registry, , allowed = [], scheme]: Case): string =>
  judgeRealm(
    realm,
    {
      name: registry,
      authority: registry === 'docker.io' ? 'registry-1.docker.io' : registry,
      signInHosts: allowed,
    },
    scheme ?? 'https',
  ).kind;

describe('judgeRealm', () => {
  test.each<Case>([
    ['https://auth.docker.io/token', 'docker.io', 'trusted'],
    ['https://auth.docker.io/token', 'registry.example.com', 'foreign'],
    ['https://auth.docker.io.evil.example/token', 'docker.io', 'foreign'],
    ['https://registry.example.com/token', 'registry.example.com', 'trusted'],
    ['https://registry.example.com:8443/token', 'registry.example.com:5000', 'trusted'],
    ['https://REGISTRY.example.com./token', 'registry.example.com', 'trusted'],
    ['https://gitlab.com/jwt/auth', 'registry.gitlab.com', 'trusted'],
    ['https://com/token', 'example.com', 'foreign'],
    ['https://auth.example.com/token', 'registry.example.com', 'foreign'],
    ['https://auth.example.com/token', 'registry.example.com', 'trusted', ['auth.example.com']],
    [
      'https://auth.example.com:8443/',
      'registry.example.com',
      'trusted',
      ['auth.example.com:8443'],
    ],
    ['https://auth.example.com:8443/', 'registry.example.com', 'foreign', ['auth.example.com']],
    ['https://evilexample.com/', 'registry.example.com', 'foreign'],
    ['https://0.0.1/', '10.0.0.1', 'refused'],
    ['https://10.0.0.2/', '10.0.0.1:5000', 'foreign'],
    ['http://registry.example.com/token', 'registry.example.com', 'foreign'],
    ['http://registry.example.com/token', 'registry.example.com', 'trusted', [], 'http'],
    ['https://registry.example.com/token', 'registry.example.com', 'trusted', [], 'http'],
    ['http://10.66.0.2:2375/v1.45/containers/json?all=1', 'registry.example.com', 'refused'],
    ['http://elsewhere.example/token', 'registry.example.com', 'refused'],
    ['http://169.254.169.254/latest', 'registry.example.com', 'refused'],
    ['http://169.254.169.254/latest', 'registry.example.com', 'refused', ['169.254.169.254']],
    ['https://metadata.google.internal/', 'registry.example.com', 'refused'],
    ['http://127.0.0.1:2375/containers', 'registry.example.com', 'refused'],
    ['http://localhost:2375/', 'registry.example.com', 'refused'],
    ['http://localhost:5001/token', '127.0.0.1:5000', 'foreign', [], 'http'],
    ['http://127.0.0.1:5001/token', '127.0.0.1:5000', 'trusted', [], 'http'],
    ['https://user:pass@registry.example.com/', 'registry.example.com', 'refused'],
    ['file:///etc/passwd', 'registry.example.com', 'refused'],
    ['token', 'registry.example.com', 'refused'],
    ['', 'registry.example.com', 'refused'],
  ])('%s of %s is %s', (...row) => {
    expect(judge(row)).toBe(row[2]);
  });

  test('a host that is neither the registry nor above it is never trusted', () => {
    fc.assert(
      fc.property(fc.domain(), fc.domain(), (realm, registry) => {
        fc.pre(realm !== registry && !registry.endsWith(`.${realm}`));
        expect(judge([`https://${realm}/token`, registry, ''])).not.toBe('trusted');
      }),
    );
  });
});
