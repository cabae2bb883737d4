const SPACE = /[ \t\n\r]*/y;
const TOKEN =
  /[{}[\],:]|"(?:[ !#-[\]-\uffff]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\d.\w])|(?:true|false|null)\b/y;

/** What is allowed next. */
type Expected =
  | 'value'
  | 'value-or-end'
  | 'key'
  | 'key-or-end'
  | 'colon'
  | 'more-or-end'
  | 'nothing';

const CLOSES: Readonly<Record<string, string>> = { '{': '}', '[': ']' };

const at = (expression: RegExp, text: string, index: number): string => {
  expression.lastIndex = index;
  return expression.exec(text)?.[0] ?? '';
};

/** What is allowed after `token`, or null if `token` itself is not allowed. Updates `open`. */
const after = (token: string, expected: Expected, open: string[]): Expected | null => {
  const parent = open.at(-1);
  const onceDone: Expected = parent === undefined ? 'nothing' : 'more-or-end';
  if (token === '}' || token === ']') {
    const mayClose = expected === 'more-or-end' || expected.endsWith('-or-end');
    if (!mayClose || parent === undefined || CLOSES[parent] !== token) return null;
    open.pop();
    return open.length === 0 ? 'nothing' : 'more-or-end';
  }
  if (token === ',') return expected === 'more-or-end' ? (parent === '{' ? 'key' : 'value') : null;
  if (token === ':') return expected === 'colon' ? 'value' : null;
  if (expected === 'key' || expected === 'key-or-end')
    return token.startsWith('"') ? 'colon' : null;
  if (expected !== 'value' && expected !== 'value-or-end') return null;
  if (token !== '{' && token !== '[') return onceDone;
  open.push(token);
  return token === '{' ? 'key-or-end' : 'value-or-end';
};

/**
 * Where a text is not valid JSON, line and column counted from 1; null if it is valid. JavaScript's parser reports the
 * position for some errors only, and quotes the text for the others.
 */
export const findJsonError = (
  text: string,
): { readonly line: number; readonly column: number } | null => {
  const open: string[] = [];
  let expected: Expected | null = 'value';
  let index = at(SPACE, text, 0).length;
  while (index < text.length) {
    const token = at(TOKEN, text, index);
    expected = token === '' ? null : after(token, expected, open);
    if (expected === null) break;
    index += token.length;
    index += at(SPACE, text, index).length;
  }
  if (expected === 'nothing') return null;
  const lines = text.slice(0, index).split('\n');
  return { line: lines.length, column: (lines.at(-1) ?? '').length + 1 };
};
