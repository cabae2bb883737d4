import { describe, expect, test } from 'vitest';
import { createSecret } from '../../../core/secret.ts';
import {
  createEndpoints,
  ATTEMPT_MS,
  DEFAULT_CONCURRENCY,
  type RegistryHost,
} from './registry-host.ts';

const of = (host: string, told: readonly RegistryHost[] = [], insecure: readonly string[] = []) =>
  createEndpoints(told, insecure).of(host);

describe('a host of which nobody said anything', () => {
  test('is asked over HTTPS, eight requests at a time, as nobody', () => {
    expect(of('ghcr.io')).toEqual({
      name: 'ghcr.io',
      authority: 'ghcr.io',
      isAddress: true,
      scheme: 'https',
      isInsecure: false,
      proxy: null,
      tls: null,
      tlsBeside: null,
      tlsElsewhere: null,
      signInHosts: [],
      concurrency: DEFAULT_CONCURRENCY,
      attemptMs: ATTEMPT_MS,
      credentials: null,
      projects: [],
    });
    expect(DEFAULT_CONCURRENCY).toBe(8);
  });

  test.each(['docker.io', 'index.docker.io', 'registry-1.docker.io'])(
    '%s is Docker Hub, whose API is elsewhere',
    (host) => {
      expect(of(host)).toMatchObject({ name: 'docker.io', authority: 'registry-1.docker.io' });
    },
  );

  test.each(['localhost', 'localhost:5000', '127.0.0.1:5000', '[::1]:5000'])(
    '%s, which is this machine, may speak either',
    (host) => {
      expect(of(host).scheme).toBe('either');
    },
  );

  test('is always the same object, for connections are kept by it', () => {
    const endpoints = createEndpoints([], []);
    expect(endpoints.of('ghcr.io')).toBe(endpoints.of('ghcr.io'));
  });
});

describe('what the operator says', () => {
  test.each([
    ['of a host', [{ host: 'registry.local:5000', insecure: true }], []],
    ['in a list of hosts', [], ['registry.local:5000']],
  ])('of an insecure host %s counts for that host and that port', (_name, told, insecure) => {
    expect(of('registry.local:5000', told, insecure)).toMatchObject({
      scheme: 'either',
      isInsecure: true,
      tls: { skipVerify: true },
      tlsBeside: { skipVerify: true },
      tlsElsewhere: null,
    });
    expect(of('registry.local:5001', told, insecure).scheme).toBe('https');
    expect(of('registry.local', told, insecure).scheme).toBe('https');
  });

  test('of a certificate authority makes this machine speak TLS too, and no redirect sees the key', () => {
    const tls = { ca: 'CA', cert: 'CERT', key: createSecret('KEY') };
    expect(of('localhost:5000', [{ host: 'localhost:5000', tls }])).toMatchObject({
      scheme: 'https',
      tls,
      tlsBeside: { ca: 'CA', cert: null, key: null },
      tlsElsewhere: { ca: 'CA', cert: null, key: null },
    });
  });

  test('of mirrors gives them in their order, each with what is said of itself', () => {
    const own = { username: 'acme', password: createSecret('own') };
    const mirrors = createEndpoints(
      [
        { host: 'index.docker.io', mirrors: ['b.local', 'a.local:5000'], credentials: own },
        { host: 'a.local:5000', insecure: true, concurrency: 2 },
      ],
      [],
    ).mirrorsOf('docker.io');
    expect(mirrors).toMatchObject([
      { name: 'b.local', scheme: 'https', credentials: null },
      { name: 'a.local:5000', scheme: 'either', credentials: null, concurrency: 2 },
    ]);
  });
});

describe('an image may name a host', () => {
  test.each([
    ['registry.local:5000', true],
    ['docker.io', true],
    ['registry.local:99999', false],
    ['999.1.1.1', false],
  ])('%s, which can be asked: %s', (host, isAddress) => {
    expect(of(host)).toMatchObject({ name: host, isAddress });
  });
});
