import { expect, test } from 'vitest';
import { addressOf } from './address-of.ts';

test.each([
  ['10.1.1.1', '10.1.1.1'],
  ['::ffff:10.1.1.1', '10.1.1.1'],
  ['::FFFF:10.1.1.1', '10.1.1.1'],
  ['::1', '::1'],
  ['::', '::'],
  ['fd00::ffff:1', 'fd00::ffff:1'],
  ['64:ff9b::10.1.1.1', '64:ff9b::10.1.1.1'],
  ['::10.1.1.1', '::10.1.1.1'],
  ['', 'unknown'],
  ['10.1.1.1\r\nForged: yes', 'unknown'],
  ['<script>', 'unknown'],
  ['10.1.1.1:8080', 'unknown'],
])('%s is %s', (ip, shown) => {
  expect(addressOf({ ip })).toBe(shown);
});
