import { expect, it } from 'vitest';
import { jsonOnce } from './json-once.ts';

it('writes a value once, however often it is asked for', () => {
  let written = 0;
  const value = {
    toJSON: () => {
      written += 1;
      return { of: 'it' };
    },
  };
  expect([jsonOnce(value), jsonOnce(value)]).toEqual(['{"of":"it"}', '{"of":"it"}']);
  expect(written).toBe(1);
  expect(jsonOnce(['another'])).toBe('["another"]');
});
