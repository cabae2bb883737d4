import { expect, it } from 'vitest';
import { isWholeCommit, readSourceAddress } from './source-address.ts';

it.each([
  ['https://github.com/acme/web', false, 'github.com', 'acme/web'],
  ['https://github.com/acme/web.git', false, 'github.com', 'acme/web'],
  ['https://github.com/acme/web/tree/main/app', false, 'github.com', 'acme/web'],
  ['https://GitHub.com/acme/web/', false, 'github.com', 'acme/web'],
  ['http://git.local:3000/acme/web', false, 'git.local:3000', 'acme/web'],
  ['https://gitlab.com/group/sub/web.git', true, 'gitlab.com', 'group/sub/web'],
  ['https://gitlab.com/group/sub/web/-/tree/main', true, 'gitlab.com', 'group/sub/web'],
])('%s (nested: %s) is %s %s', (source, nested, host, path) => {
  expect(readSourceAddress(source, nested)).toEqual({ host, path });
});

it.each([
  'acme/web',
  'git@github.com:acme/web.git',
  'ssh://git@github.com/acme/web',
  'https://github.com/acme',
  'https://user:password@github.com/acme/web',
  'https://github.com/../web',
  'https://github.com/acme/we%2Fb',
  'https://github.com/ac me/web',
  '',
])('%s is none', (source) => {
  expect(readSourceAddress(source, false)).toBeNull();
});

it.each([
  ['982c38812345678901234567890123456789abcd', true],
  ['a'.repeat(64), true],
  ['982c388', false],
  ['982C38812345678901234567890123456789ABCD', false],
  ['main', false],
])('%s is a whole commit: %s', (revision, expected) => {
  expect(isWholeCommit(revision)).toBe(expected);
});
