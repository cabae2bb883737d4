import { expect, it } from 'vitest';
import { plainText, plainTexts } from './plain-text.ts';

it.each([
  ['as it is: ä, 漢, 🚀, `x`', 'as it is: ä, 漢, 🚀, `x`'],
  ['two\nlines\tand a tab', 'two\nlines\tand a tab'],
  ['\u001b[31mred\u001b[0m', '[31mred[0m'],
  ['abc\u202egnp.exe', 'abcgnp.exe'],
  ['a\u2066b\u2069c\u200bd\ufeffe\u2028f\u0000g\u0085h\rj', 'abcdefghj'],
])('%j becomes %j', (text, plain) => {
  expect(plainText(text)).toBe(plain);
});

it('reaches every text of a value', () => {
  const value = { a: ['x\u202ey', 1, null, { b: '\u0007z' }], c: true };
  expect(plainTexts(value)).toEqual({ a: ['xy', 1, null, { b: 'z' }], c: true });
});
