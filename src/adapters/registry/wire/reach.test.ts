import { expect, test } from 'vitest';
import { createReaches } from './reach.ts';

const reaches = createReaches((hostname) => hostname === 'auth.listed.example');
reaches.note('public.example', ['203.0.113.7', '2001:db8::7']);
reaches.note('inside.example', ['203.0.113.8', '10.1.2.3']);

test.each([
  ['a registry itself', 'registry.example', null, true, true],
  ['a host of the configuration', 'auth.listed.example', 'public.example', true, true],
  ['whom a public registry names', '10.66.0.2', 'public.example', false, false],
  ['whom a registry names that was never resolved', '10.66.0.2', 'unknown.example', false, false],
  [
    'whom a registry inside the network names',
    'auth.inside.example',
    'inside.example',
    false,
    true,
  ],
  ['whom a registry at a private address names', 'auth.example', '192.168.0.7', false, true],
  ['whom a registry at a unique-local address names', 'auth.example', '[fd12::7]', false, true],
  ['whom a registry on this machine names', '10.66.0.2', 'localhost', true, true],
  ['whom a registry at a loopback address names', 'auth.example', '127.0.0.1', true, true],
])('%s: %s by %s', (_name, hostname, sentBy, mayBeLocal, mayBePrivate) => {
  expect(reaches.of(hostname, sentBy)).toEqual({ mayBeLocal, mayBePrivate });
});

test('a registry that moves out of the network opens it no longer', () => {
  const moving = createReaches(() => false);
  moving.note('moving.example', ['10.0.0.1']);
  expect(moving.of('10.66.0.2', 'moving.example').mayBePrivate).toBe(true);
  moving.note('moving.example', ['203.0.113.9']);
  expect(moving.of('10.66.0.2', 'moving.example').mayBePrivate).toBe(false);
});
