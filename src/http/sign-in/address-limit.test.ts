import { expect, it } from 'vitest';
import { createAddressLimit } from './address-limit.ts';

it.each([
  [['10.0.0.0/8'], '10.9.8.7', true],
  [['10.0.0.0/8'], '11.0.0.1', false],
  [['192.0.2.7'], '192.0.2.7', true],
  [['192.0.2.7'], '192.0.2.8', false],
  [['fd00::/8'], 'fd12::1', true],
  [['fd00::/8'], 'fe80::1', false],
  [['10.0.0.0/8', '::1'], '::1', true],
  [['0.0.0.0/0'], 'not an address', false],
  [[], '10.0.0.1', false],
])('%j takes %s: %s', (networks, address, allowed) => {
  expect(createAddressLimit(networks)(address)).toBe(allowed);
});

it('limits nothing where nothing is said', () => {
  expect(createAddressLimit(null)('203.0.113.1')).toBe(true);
});
