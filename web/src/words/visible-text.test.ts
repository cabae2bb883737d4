import fc from 'fast-check';
import { expect, test } from 'vitest';
import { visibleText } from './visible-text.ts';

test.each([
  ['plain v1.2-3', 'plain v1.2-3'],
  ['a\tb', 'a\tb'],
  ['\u001b[31mred', '␛[31mred'],
  ['a\r\nb', 'a␍␊b'],
  ['\u007f', '␡'],
  ['abc\u202egnp.exe', 'abc⟨202E⟩gnp.exe'],
  ['a\u200bb', 'a⟨200B⟩b'],
  ['<img src=x onerror=alert(1)>', '<img src=x onerror=alert(1)>'],
])('%j is shown as %j', (text, shown) => {
  expect(visibleText(text)).toBe(shown);
});

test('nothing hidden is left', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 0x10ffff })), (codes) => {
      const text = String.fromCodePoint(...codes);
      expect(/(?!\t)[\p{Cc}\p{Cf}]/u.test(visibleText(text))).toBe(false);
    }),
  );
});
