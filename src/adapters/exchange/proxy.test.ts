import { describe, expect, test } from 'vitest';
import { isBypassed, proxyFor } from './proxy.ts';

describe('NO_PROXY', () => {
  test.each([
    ['https://ghcr.io/v2/', '', false],
    ['https://ghcr.io/v2/', '*', true],
    ['https://ghcr.io/v2/', 'docker.io, ghcr.io', true],
    ['https://ghcr.io/v2/', 'docker.io GHCR.IO', true],
    ['https://registry.corp.example/', 'corp.example', true],
    ['https://registry.corp.example/', '.corp.example', true],
    ['https://registry.corp.example/', '*.corp.example', true],
    ['https://corp.example/', '.corp.example', false],
    ['https://corp.example/', '*.corp.example', false],
    ['https://evilcorp.example/', 'corp.example', false],
    ['https://registry.example:5000/', 'registry.example:5000', true],
    ['https://registry.example/', 'registry.example:5000', false],
    ['https://registry.example/', 'registry.example:443', true],
    ['http://registry.example/', 'registry.example:80', true],
    ['https://10.1.2.3:5000/', '10.0.0.0/8', true],
    ['https://11.1.2.3:5000/', '10.0.0.0/8', false],
    ['https://10.1.2.3/', '10.1.2.3', true],
    ['https://10.1.2.3/', '1.2.3', false],
    ['https://[fd00::1]:5000/', 'fd00::/8', true],
    ['https://[fd00::1]:5000/', '[fd00::1]:5000', true],
    ['https://registry.example/', '10.0.0.0/99, /8, ::/x', false],
    ['https://registry.example./', 'registry.example', true],
  ])('of %s: %s is %s', (url, bypass, expected) => {
    expect(isBypassed(new URL(url), bypass)).toBe(expected);
  });
});

describe('proxyFor', () => {
  const https = { reveal: () => 'http://secure:3128' };
  const http = { reveal: () => 'http://plain:3128' };
  test.each([
    ['https://ghcr.io/', https],
    ['http://registry.local:5000/', http],
    ['https://10.0.0.1/', null],
    ['https://localhost:5000/', null],
    ['https://127.0.0.1:5000/', null],
    ['https://[::1]:5000/', null],
    ['https://a.localhost/', null],
  ])('%s', (url, expected) => {
    expect(proxyFor(new URL(url), { https, http, bypass: '10.0.0.0/8' })).toBe(expected);
  });

  test('one for HTTP is none for HTTPS, as in Docker', () => {
    expect(proxyFor(new URL('https://ghcr.io'), { https: null, http, bypass: '' })).toBeNull();
  });
});
