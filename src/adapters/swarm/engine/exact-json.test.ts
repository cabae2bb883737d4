import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseExactJson } from './exact-json.ts';

describe('JSON that loses nothing', () => {
  it.each([
    '{"MaxAttempts":18446744073709551615}',
    '{"Limit":-9223372036854775808,"Name":"web"}',
    '[9007199254740993,1]',
    '{"NanoCPUs":500000000,"Ratio":0.1}',
    '{"Text":":12345678901234567890"}',
  ])('writes %s as it was', (text) => {
    expect(JSON.stringify(parseExactJson(text))).toBe(text);
  });

  it('reads everything else as JSON.parse does', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(JSON.stringify(parseExactJson(text))).toBe(JSON.stringify(JSON.parse(text)));
      }),
    );
  });
});
