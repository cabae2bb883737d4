import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { isRedirect, judgeRedirect } from './redirect.ts';

const FROM = 'https://registry.example.com/v2/a/manifests/v1';

test.each([
  [307, 'https://cdn.example.com/blob', FROM, 'follow'],
  [302, '/v2/b/manifests/v1', FROM, 'follow'],
  [301, '//other.example.com/x', FROM, 'follow'],
  [308, 'http://cdn.example.com/blob', FROM, 'refused'],
  [307, 'http://cdn.example.com/blob', 'http://registry.local:5000/v2/', 'follow'],
  [307, 'http://169.254.169.254/latest', 'http://registry.local:5000/v2/', 'refused'],
  [307, 'https://[fe80::1]/', FROM, 'refused'],
  [307, 'https://metadata.google.internal/', FROM, 'refused'],
  [307, 'https://127.0.0.1:2376/', FROM, 'refused'],
  [307, 'http://localhost:5001/x', 'http://127.0.0.1:5000/v2/', 'follow'],
  [307, 'file:///etc/passwd', FROM, 'refused'],
  [307, null, FROM, 'refused'],
  [307, 'https://', FROM, 'refused'],
])('%d to %s from %s: %s', (status, location, from, expected) => {
  expect(isRedirect(status)).toBe(true);
  expect(judgeRedirect(location, new URL(from)).kind).toBe(expected);
});

test.each([200, 300, 304, 404])('%d is no redirect', (status) => {
  expect(isRedirect(status)).toBe(false);
});

test('another host is never the same origin, and no user stands in the address', () => {
  fc.assert(
    fc.property(fc.domain(), fc.domain(), (to, from) => {
      fc.pre(to !== from);
      const redirect = judgeRedirect(`https://me:pw@${to}/x`, new URL(`https://${from}/v2/`));
      if (redirect.kind !== 'follow') return;
      expect(redirect.isSameOrigin).toBe(false);
      expect(redirect.url.href).not.toContain('@');
    }),
  );
});
