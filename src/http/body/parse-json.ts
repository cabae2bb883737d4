import { isUtf8 } from 'node:buffer';
import { isDeeperThan } from '../../core/json-depth.ts';
import { findJsonError } from './find-json-error.ts';
import { LIMITS } from '../ports/limits.ts';
import { Problem } from '../problem/problem.ts';

/** Parses JSON from raw bytes, with an optional byte order mark. Throws a 400 that says what is wrong. */
export const parseJson = (bytes: Buffer): { readonly text: string; readonly value: unknown } => {
  if (bytes.length === 0) throw new Problem(400, 'no-body', 'there is no body: send JSON');
  if (!isUtf8(bytes)) throw new Problem(400, 'not-utf-8', 'the body is not UTF-8');
  const text = bytes.toString('utf8').replace(/^\uFEFF/, '');
  const most = LIMITS.jsonDepth;
  if (isDeeperThan(most, bytes, text)) {
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
