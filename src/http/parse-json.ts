import { isUtf8 } from 'node:buffer';
import { findJsonError } from './find-json-error.ts';
import { LIMITS } from './limits.ts';
import { Problem } from './problem.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const ARRAY_OPENS = 0x5b;
const ARRAY_CLOSES = 0x5d;
const OBJECT_OPENS = 0x7b;
const OBJECT_CLOSES = 0x7d;

/** Whether so few brackets stand anywhere in it that it cannot be deep: nearly always, and quickly told. */
const hasFewBrackets = (most: number, text: string): boolean => {
  let count = 0;
  for (const bracket of ['{', '[']) {
    for (let at = text.indexOf(bracket); at !== -1; at = text.indexOf(bracket, at + 1)) {
      count += 1;
      if (count > most) return false;
    }
  }
  return true;
};

/** Whether brackets open deeper than `most`, before any of it is built in memory. */
const isDeeperThan = (most: number, bytes: Uint8Array): boolean => {
  let depth = 0;
  let inString = false;
  for (let index = 0; index < bytes.length; index += 1) {
    const byte = bytes[index] ?? 0;
    if (inString) {
      if (byte === BACKSLASH) index += 1;
      else if (byte === QUOTE) inString = false;
    } else if (byte === QUOTE) inString = true;
    else if (byte === ARRAY_OPENS || byte === OBJECT_OPENS) {
      depth += 1;
      if (depth > most) return true;
    } else if (byte === ARRAY_CLOSES || byte === OBJECT_CLOSES) depth -= 1;
  }
  return false;
};

/** JSON of bytes as they came, a byte order mark allowed. Throws a 400 that says what is wrong. */
export const parseJson = (bytes: Buffer): { readonly text: string; readonly value: unknown } => {
  if (bytes.length === 0) throw new Problem(400, 'no-body', 'there is no body: send JSON');
  if (!isUtf8(bytes)) throw new Problem(400, 'not-utf-8', 'the body is not UTF-8');
  const text = bytes.toString('utf8').replace(/^\uFEFF/, '');
  const most = LIMITS.jsonDepth;
  if (!hasFewBrackets(most, text) && isDeeperThan(most, bytes)) {
    throw new Problem(400, 'too-deep', `the body is nested deeper than ${most}`);
  }
  try {
    return { text, value: JSON.parse(text) };
  } catch {
    const { line, column } = findJsonError(text) ?? { line: 1, column: 1 };
    throw new Problem(
      400,
      'malformed-json',
      `the body is not JSON: it breaks at line ${line} column ${column}`,
    );
  }
};
