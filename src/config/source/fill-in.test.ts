import { expect, test } from 'vitest';
import { fillIn } from './fill-in.ts';

const env = { NAME: 'value', EMPTY: '', DOLLAR: '${NAME}' };

test.each([
  ['plain', 'plain', []],
  ['${NAME}', 'value', []],
  ['a ${NAME} b ${NAME}', 'a value b value', []],
  ['$${NAME}', '${NAME}', []],
  ['$NAME pa$$word', '$NAME pa$$word', []],
  ['${MISSING:-x:y}', 'x:y', []],
  ['${EMPTY:-x}', 'x', []],
  ['${MISSING:-}', '', []],
  ['${NAME:-x}', 'value', []],
  ['${MISSING}${EMPTY}', '', ['MISSING', 'EMPTY']],
  // Filled-in text is not filled in again.
  ['${DOLLAR}', '${NAME}', []],
  ['${not a name}', '${not a name}', []],
])('%s becomes %s', (text, filled, missing) => {
  const result = fillIn(text, env);
  expect(result.text).toBe(filled);
  expect(result.missing).toEqual(missing);
});
