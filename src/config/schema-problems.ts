import type { z } from 'zod';
import { closest } from './closest.ts';
import type { ConfigProblem } from './problem.ts';
import { FILE_KEYS, SECRET_KEYS } from './secret-file.ts';
import {
  isMapping,
  originOf,
  type Path,
  pathKey,
  printPath,
  type Source,
  valueAt,
} from './source.ts';

const LONGEST_SHOWN = 60;

/** An address is shown without whatever in it may let somebody in. */
const withoutSignIn = (text: string): string =>
  text.replace(/\/\/.*@/, '//…@').replace(/\?.*/, '?…');

const describe = (value: unknown, isHidden: boolean): string => {
  if (value === undefined || value === null) return 'nothing';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (isMapping(value)) return `keys: ${Object.keys(value).join(', ') || 'none'}`;
  if (isHidden) {
    return typeof value === 'string'
      ? `a text of ${value.length} characters (not shown)`
      : `a ${typeof value} (not shown); put it in quotes`;
  }
  const text = typeof value === 'string' ? withoutSignIn(value) : value;
  const shown = JSON.stringify(text) ?? typeof value;
  return shown.length > LONGEST_SHOWN ? `${shown.slice(0, LONGEST_SHOWN)}…` : shown;
};

const isHidden = (source: Source, path: Path): boolean => {
  const last = path.at(-1);
  const isSecret = typeof last === 'string' && SECRET_KEYS.includes(last);
  // An incoming web hook's address is its secret.
  const isSecretUrl = last === 'url' && path[0] === 'notifications';
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
      found: 'an unknown key',
      expected: `one of ${known.join(', ')}`,
      hint: meant === null ? null : `did you mean ${meant}?`,
    };
  });
};

/** A misspelt word of a fixed few, such as `lable` for `labelled`. */
const wordHint = (value: unknown, expected: string): string | null => {
  if (typeof value !== 'string' || !/^[\w, -]+ or [\w-]+$/.test(expected)) return null;
  const meant = closest(value, expected.split(/, | or /));
  return meant === null || meant === value ? null : `did you mean ${meant}?`;
};

/** Whether a part of the mapping could not be had: then it says nothing about what is there beside it. */
const lacksPart = (source: Source, path: Path): boolean =>
  isMapping(valueAt(source.tree, path)) &&
  FILE_KEYS.some((key) => source.failed.has(pathKey([...path, key])));

/** zod's issues in the words of the configuration. */
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
    return [
      {
        key: printPath(path) || null,
        origin: originOf(source, path),
        found: describe(value, hidden),
        expected: issue.message,
        hint: hidden ? null : wordHint(value, issue.message),
      },
    ];
  });
