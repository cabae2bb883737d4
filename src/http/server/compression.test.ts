import { expect, it } from 'vitest';
import { pickCoding } from './compression.ts';

it.each([
  ['br', 'br'],
  ['gzip, deflate, br', 'br'],
  ['GZIP', 'gzip'],
  ['gzip;q=0.5, br;q=0', 'gzip'],
  ['br; q=0.000', null],
  ['br;q=0.1', 'br'],
  ['identity', null],
  ['xbr, gzipped', null],
  ['*', null],
  ['', null],
])('%j is answered with %s', (accepted, coding) => {
  expect(pickCoding(accepted)).toBe(coding);
});
