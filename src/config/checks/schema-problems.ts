import type { z } from 'zod';
import { closest } from '../source/closest.ts';
import { knownKeys } from './known-keys.ts';
import type { ConfigProblem } from '../source/problem.ts';
import { FILE_KEYS, SECRET_KEYS } from '../source/secret-file.ts';
import { showKey, showValue } from '../source/show-value.ts';
import {
  isMapping,
  originOf,
  type Path,
  pathKey,
  printPath,
  type Source,
  valueAt,
} from '../source/source.ts';

const describe = (value: unknown, isHidden: boolean, known: readonly string[]): string => {
  if (!isHidden || Array.isArray(value) || isMapping(value)) {
    return showValue(value, { known, keys: knownKeys() });
  }
  if (value === undefined || value === null) return 'nothing';
  return typeof value === 'string'
    ? `a text of ${value.length} characters (not shown)`
    : `a ${typeof value} (not shown); put it in quotes`;
};

const isHidden = (source: Source, path: Path): boolean => {
  const last = path.at(-1);
  const isSecret = typeof last === 'string' && SECRET_KEYS.includes(last);
  // The address of an incoming webhook is its secret, and that of a database contains a password.
  const isSecretUrl = last === 'url' && (path[0] === 'notifications' || path[0] === 'store');
  return isSecret || isSecretUrl || source.hidden.has(pathKey(path));
};

const unknownKeys = (
  source: Source,
  path: Path,
  keys: readonly string[],
  knownText: string,
): readonly ConfigProblem[] => {
  const known = knownText
    .split(', ')
    .flatMap((key) => (FILE_KEYS.includes(key) ? [key, `${key}File`] : [key]));
  return keys.map((key) => {
    const meant = closest(key, known);
    return {
      key: printPath([...path, key]),
      origin: originOf(source, [...path, key]),
      found:
        showKey(key, knownKeys()) !== key
          ? `an unknown key of ${key.length} characters (not shown)`
          : 'an unknown key',
      expected: `one of ${known.join(', ')}`,
      hint: meant === null ? null : `did you mean ${meant}?`,
    };
  });
};

/** The allowed words of an enumeration, such as `all or labelled`. Empty if the value is not an enumeration. */
const wordsOf = (expected: string): readonly string[] =>
  /^[\w, -]+ or [\w-]+$/.test(expected) ? expected.split(/, | or /) : [];

/** A hint for a misspelt word of an enumeration, such as `lable` for `labelled`. */
const wordHint = (value: unknown, words: readonly string[]): string | null => {
  if (typeof value !== 'string') return null;
  const meant = closest(value, words);
  return meant === null || meant === value ? null : `did you mean ${meant}?`;
};

/** Whether a part of the mapping could not be read. Then it says nothing about the other parts. */
const lacksPart = (source: Source, path: Path): boolean =>
  isMapping(valueAt(source.tree, path)) &&
  FILE_KEYS.some((key) => source.failed.has(pathKey([...path, key])));

/** Converts zod's issues to problems of the configuration. */
export const schemaProblems = (source: Source, error: z.ZodError): readonly ConfigProblem[] =>
  error.issues.flatMap((issue): readonly ConfigProblem[] => {
    const path: Path = issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part));
    if (source.failed.has(pathKey(path))) return [];
    if (issue.code === 'custom' && lacksPart(source, path)) return [];
    if (issue.code === 'unrecognized_keys') {
      return unknownKeys(source, path, issue.keys, issue.message);
    }
    const value = valueAt(source.tree, path);
    const hidden = isHidden(source, path);
    const words = wordsOf(issue.message);
    return [
      {
        key: printPath(path) || null,
        origin: originOf(source, path),
        found: describe(value, hidden, words),
        expected: issue.message,
        hint: hidden ? null : wordHint(value, words),
      },
    ];
  });
