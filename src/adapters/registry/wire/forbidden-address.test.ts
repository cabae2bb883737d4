import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  isForbiddenAddress,
  isForbiddenHostname,
  isLoopbackAddress,
  isLoopbackHostname,
} from './forbidden-address.ts';

const hostnameOf = (url: string): string => new URL(url).hostname;

describe('isForbiddenHostname', () => {
  test.each([
    'http://169.254.169.254/latest/meta-data',
    'http://169.254.0.1/',
    'http://2852039166/',
    'http://0xa9fea9fe/',
    'http://0251.0376.0251.0376/',
    'http://[::ffff:169.254.169.254]/',
    'http://[::ffff:a9fe:a9fe]/',
    'http://[::a9fe:a9fe]/',
    'http://[64:ff9b::a9fe:a9fe]/',
    'http://[2002:a9fe:a9fe::1]/',
    'http://[fe80::1]/',
    'http://[febf::1]/',
    'http://[fd00:ec2::254]/',
    'http://metadata.google.internal/',
    'http://METADATA.google.internal./',
    'http://metadata/',
    'http://100.100.100.200/',
    'http://0.0.0.0/',
    'http://[::]/',
    'http://224.0.0.1/',
  ])('%s is', (url) => {
    expect(isForbiddenHostname(hostnameOf(url))).toBe(true);
  });

  test.each([
    'https://registry-1.docker.io/',
    'https://10.0.0.5:5000/',
    'https://192.168.1.4/',
    'https://127.0.0.1:5000/',
    'https://[::1]:5000/',
    'https://[fd00::5]/',
    'https://[2001:db8::1]/',
    'https://169.253.1.1/',
    'https://metadata.example.com/',
  ])('%s is not', (url) => {
    expect(isForbiddenHostname(hostnameOf(url))).toBe(false);
  });
});

test('every link-local IPv4 address is forbidden, however IPv6 wraps it', () => {
  const octet = fc.integer({ min: 0, max: 255 });
  fc.assert(
    fc.property(octet, octet, fc.constantFrom('', '::ffff:', '64:ff9b::', '::'), (a, b, wrap) => {
      expect(isForbiddenAddress(`${wrap}169.254.${a}.${b}`)).toBe(true);
    }),
  );
});

test('no address throws, and none is both loopback and forbidden', () => {
  fc.assert(
    fc.property(fc.oneof(fc.ipV4(), fc.ipV6(), fc.string()), (address) => {
      expect(isForbiddenAddress(address) && isLoopbackAddress(address)).toBe(false);
    }),
  );
});

test.each([
  ['localhost', true],
  ['LOCALHOST.', true],
  ['registry.localhost', true],
  ['127.8.8.8', true],
  ['[::1]', true],
  ['::ffff:127.0.0.1', true],
  ['localhost.example.com', false],
  ['10.0.0.1', false],
])('isLoopbackHostname(%s) is %s', (hostname, expected) => {
  expect(isLoopbackHostname(hostname)).toBe(expected);
});
