import { closest } from '../source/closest.ts';
import type { ConfigProblem } from '../source/problem.ts';
import { showText } from '../source/show-value.ts';
import { originOf, type Path, printPath, type Source, valueAt } from '../source/source.ts';

/** The list at a path. Empty if there is none. */
export const listAt = (source: Source, path: Path): readonly unknown[] => {
  const value = valueAt(source.tree, path);
  return Array.isArray(value) ? value : [];
};

/** The texts under a key of each item of a list. */
export const textsAt = (
  source: Source,
  list: Path,
  key: Path,
): readonly { path: Path; text: string }[] =>
  listAt(source, list).flatMap((_, index) => {
    const path = [...list, index, ...key];
    const text = valueAt(source.tree, path);
    return typeof text === 'string' ? [{ path, text }] : [];
  });

type FoundProblem = Pick<ConfigProblem, 'found' | 'expected'> &
  Partial<Pick<ConfigProblem, 'hint'>>;

export const problemAt = (
  source: Source,
  path: Path,
  { found, expected, hint = null }: FoundProblem,
): ConfigProblem => ({
  key: printPath(path),
  origin: originOf(source, path),
  found,
  expected,
  hint,
});

/** Names are not shown: somebody may have put a secret there. */
export const CLUSTER = {
  what: 'configured cluster',
  expected: 'the name of a cluster in this file',
};

type Known = { readonly what: string; readonly expected: string };

/** Names in one list that are not known. Patterns are allowed. */
export const unknownAt = (
  source: Source,
  list: Path,
  { what, expected }: Known,
  known: readonly string[],
): readonly ConfigProblem[] =>
  textsAt(source, list, []).flatMap(({ path, text }) => {
    if (known.includes(text) || /[*?]/.test(text)) return [];
    const meant = closest(text, known);
    const found = `${showText(text, known)}, which is no ${what}`;
    const hint = meant === null ? null : `did you mean ${meant}?`;
    return [problemAt(source, path, { found, expected, hint })];
  });
