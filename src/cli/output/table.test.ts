import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cutText, cutTextStart, printable, textWidth } from './cell-text.ts';
import { tableLines } from './table.ts';

const lines = (rows: readonly (readonly string[])[], width: number | null): string[] =>
  tableLines({
    columns: [{ title: 'NAME', least: 4 }, { title: 'IMAGE', least: 6 }, { title: 'WHY' }],
    rows,
    width,
    paintTitle: String,
  });

test.each([
  ['abc', 3],
  ['é', 1],
  ['e\u0301', 1],
  ['日本', 4],
  ['🚀', 2],
  ['👩‍👩‍👧', 2],
  ['\u001b[31mred\u001b[39m', 3],
  ['', 0],
])('%j takes %i columns', (text, width) => {
  expect(textWidth(text)).toBe(width);
});

test.each([
  ['abcdef', 4, '…def'],
  ['abcd', 4, 'abcd'],
  ['日本語', 4, '…語'],
  ['e\u0301e\u0301e\u0301', 2, '…e\u0301'],
  ['abc', 1, '…'],
  ['abc', 0, ''],
])('%j with its end kept in %i columns is %j', (text, width, cut) => {
  expect(cutTextStart(text, width)).toBe(cut);
});

test('a column may keep the ends of its texts', () => {
  const [, line] = tableLines({
    columns: [{ title: 'NAME' }, { title: 'IMAGE', least: 6, cut: 'start' }],
    rows: [['web', 'registry.local:5000/shop/web:v1']],
    width: 20,
    paintTitle: String,
  });
  expect(line).toBe('web   …0/shop/web:v1');
});

test.each([
  ['abcdef', 4, 'abc…'],
  ['abcd', 4, 'abcd'],
  ['日本語', 4, '日…'],
  ['abc', 1, '…'],
  ['abc', 0, ''],
])('%j within %i columns is %j', (text, width, cut) => {
  expect(cutText(text, width)).toBe(cut);
});

test.each([
  ['a\u001b[2Jb', 'ab'],
  ['a\nb\tc', 'a b c'],
  ['a\u202eb', 'a b'],
  ['a\u009b31mb', 'ab'],
])('%j is shown harmless', (text, shown) => {
  expect(printable(text)).toBe(shown);
});

test('columns stand under each other, and one that says nothing is left out', () => {
  expect(
    lines(
      [
        ['a', 'nginx:1', ''],
        ['long-name', 'x', ''],
      ],
      null,
    ),
  ).toEqual(['NAME       IMAGE', 'a          nginx:1', 'long-name  x']);
});

test('the widest column gives way first, and none below its least', () => {
  expect(lines([['service', 'registry.local/acme/application:v1', 'gone']], 30)).toEqual([
    'NAME     IMAGE            WHY',
    'service  registry.local…  gone',
  ]);
  expect(lines([['service', 'registry.local/acme/application:v1', 'gone']], 5)[1]).toBe(
    'ser…  regis…  gone',
  );
});

test('colours are put on after cutting and do not count', () => {
  const [, line] = tableLines({
    columns: [{ title: 'A' }, { title: 'B' }],
    rows: [[{ text: 'abcdefghij', paint: (text) => `\u001b[31m${text}\u001b[39m` }, 'x']],
    width: 9,
    paintTitle: String,
  });
  expect(line).toBe('\u001b[31mabcde…\u001b[39m  x');
});

test('no line is ever wider than the terminal, whatever is in it', () => {
  fc.assert(
    fc.property(
      fc.array(fc.array(fc.string({ unit: 'grapheme' }), { minLength: 3, maxLength: 3 })),
      fc.integer({ min: 30, max: 200 }),
      (rows, width) => {
        for (const line of lines(rows, width)) {
          expect(textWidth(line)).toBeLessThanOrEqual(width);
          expect(line).not.toMatch(/[\p{Cc}]/u);
        }
      },
    ),
  );
});

test.each([
  [21, 'NAME   WHY     IMAGE'],
  [20, 'NAME  WHY     IMAGE'],
  [19, 'NAME   WHY'],
  [12, 'NAME  WHY'],
  [9, 'NAME'],
])('at %i columns those that can be spared are left out', (width, titles) => {
  const [head] = tableLines({
    columns: [
      { title: 'NAME', least: 4 },
      { title: 'WHY', least: 6, spare: 2 },
      { title: 'IMAGE', least: 6, spare: 1 },
    ],
    rows: [['abcde', 'because', 'image:v1']],
    width,
    paintTitle: String,
  });
  expect(head?.trimEnd()).toBe(titles);
});

describe('what must not be cut', () => {
  const ID = '01a20809-fff4';
  const show = (rows: readonly (readonly string[])[], width: number): string[] =>
    tableLines({
      columns: [
        { title: 'NAME', least: 6, whole: true },
        { title: 'WHY', least: 4 },
        { title: 'MORE', least: 4, spare: 1 },
        { title: 'ID', whole: true },
      ],
      rows,
      width,
      paintTitle: String,
    });

  test('others are cut, and then left out, before it needs a line of its own', () => {
    const rows = [['web', 'because of this', 'and that', ID]];
    expect(show(rows, 40)[1]).toBe('web   because …  and that  01a20809-fff4');
    expect(show(rows, 32)[1]).toBe('web   bec…  and …  01a20809-fff4');
    expect(show(rows, 30)[1]).toBe('web   because …  01a20809-fff4');
  });

  test('where even that is too little it has a line of its own, as far to the right as there is room', () => {
    expect(show([['web', 'because', 'of', ID]], 24)).toEqual([
      'NAME  WHY      MORE  ID',
      'web   because  of',
      '           01a20809-fff4',
    ]);
  });

  test('a name that is longer than its column has what belongs to it below', () => {
    const rows = [
      ['web', 'because', '', ''],
      ['a-name-that-is-long', 'why', '', ''],
    ];
    expect(show(rows, 20)).toEqual([
      'NAME         WHY',
      'web          because',
      'a-name-that-is-long',
      '             why',
    ]);
  });

  test('is whole on terminals of any width, and the others never wider than that', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 30 });
    fc.assert(
      fc.property(
        fc.array(fc.array(text, { minLength: 4, maxLength: 4 }), { minLength: 1 }),
        fc.integer({ min: 30, max: 120 }),
        (rows, width) => {
          const shown = show(rows, width);
          for (const line of shown) {
            const own = rows.some((row) =>
              row.some((cell) => line.trim() === printable(cell).trim()),
            );
            if (!own) expect(textWidth(line)).toBeLessThanOrEqual(width);
          }
          const said = shown.join('\n');
          for (const [name = '', , , id = ''] of rows) {
            expect(said).toContain(printable(name).trimEnd());
            expect(said).toContain(printable(id).trimEnd());
          }
        },
      ),
    );
  });
});
