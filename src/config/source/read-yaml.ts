import { isAlias, isMap, isPair, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
import { fillIn } from './fill-in.ts';
import type { Origin } from './problem.ts';
import { emptyMapping, isMapping, type Path, pathKey, printPath, type Source } from './source.ts';

/** Deeper than any real configuration. Stops aliases that refer to themselves. */
const DEEPEST = 16;
/** More than any real configuration. Stops aliases of aliases. */
const MOST_NODES = 20_000;

/** Replacements for messages that quote the text, which may be an unquoted secret. */
const QUOTING: Readonly<Record<string, string>> = {
  BAD_ALIAS: 'an alias (*…) that is none; put the value in quotes',
  BAD_COLLECTION_TYPE: 'a tag (!…) that does not fit; put the value in quotes',
  BAD_DIRECTIVE: 'a directive (%…) that is none',
  BAD_DQ_ESCAPE: 'a \\ that begins no known escape; put the value in single quotes',
  BAD_SCALAR_START: 'a value that begins with a character of YAML; put it in quotes',
  TAG_RESOLVE_FAILED: 'a tag (!…) that is none; put the value in quotes',
  UNEXPECTED_TOKEN: 'something that does not belong there; put the value in quotes',
};

/** The usual form of variable names. Any other name may be part of a password. */
const isVariable = (name: string): boolean => /^[A-Z_][A-Z0-9_]{0,63}$/.test(name);

/**
 * Reads YAML into the source: values, their positions, and every syntax error. `${NAME}` in a value is filled in after
 * parsing, so the content of a variable is never parsed as YAML. A key without a value counts as missing.
 */
export const readYaml = (
  source: Source,
  file: string,
  text: string,
  env: Readonly<Record<string, string | undefined>>,
): void => {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    stringKeys: true,
  });
  const originAt = (offset: number): Origin => {
    const { line, col } = lines.linePos(offset);
    return { kind: 'file', file, line, column: col };
  };
  const problem = (path: Path, origin: Origin, found: string, expected: string): void => {
    source.problems.push({
      key: path.length === 0 ? null : printPath(path),
      origin,
      found,
      expected,
      hint: null,
    });
  };

  for (const error of document.errors) {
    problem([], originAt(error.pos[0]), QUOTING[error.code] ?? error.message.trim(), 'YAML');
  }
  // A tree from broken YAML would only add misleading mistakes.
  if (document.errors.length > 0) return;

  let nodes = 0;
  const read = (node: unknown, path: Path): unknown => {
    nodes += 1;
    const origin = source.origins.get(pathKey(path)) ?? originAt(0);
    if (nodes > MOST_NODES || path.length > DEEPEST) {
      if (nodes !== Number.POSITIVE_INFINITY) {
        problem(path, origin, 'too much, or aliases without end', 'a configuration of usual size');
      }
      // Report it once, and leave everything after it unread.
      nodes = Number.POSITIVE_INFINITY;
      return undefined;
    }
    if (isAlias(node)) {
      const meant = node.resolve(document);
      if (meant !== undefined) return read(meant, path);
      source.failed.add(pathKey(path));
      problem(
        path,
        origin,
        'an alias (*…) of a name that nothing has (&…)',
        'a name given before, or the value in quotes',
      );
      return undefined;
    }
    if (isMap(node)) return readMapping(node.items, path);
    if (isSeq(node)) {
      return node.items.map((item, index) => {
        note([...path, index], item);
        return read(item, [...path, index]);
      });
    }
    if (!isScalar(node)) return undefined;
    if (typeof node.value !== 'string') return node.value ?? undefined;
    const filled = fillIn(node.value, env);
    for (const name of filled.used) source.variablesUsed.add(name);
    if (filled.used.length > 0) source.hidden.add(pathKey(path));
    for (const name of filled.missing) {
      source.failed.add(pathKey(path));
      const shown = isVariable(name)
        ? `\${${name}}, and the variable ${name} is not set`
        : 'a ${…} whose variable is not set';
      problem(path, origin, shown, 'a set variable');
    }
    return filled.text;
  };
  const note = (path: Path, node: unknown): void => {
    const range = isScalar(node) || isMap(node) || isSeq(node) || isAlias(node) ? node.range : null;
    if (range) source.origins.set(pathKey(path), originAt(range[0]));
  };
  const readMapping = (pairs: readonly unknown[], path: Path): unknown => {
    const mapping = emptyMapping();
    for (const pair of pairs) {
      if (!isPair(pair) || !isScalar(pair.key) || typeof pair.key.value !== 'string') continue;
      const at = [...path, pair.key.value];
      note(at, pair.key);
      const value = read(pair.value, at);
      if (value !== undefined) mapping[pair.key.value] = value;
    }
    return mapping;
  };

  const tree = read(document.contents, []);
  if (isMapping(tree)) Object.assign(source.tree, tree);
  else if (tree !== undefined) {
    problem([], originAt(0), Array.isArray(tree) ? 'a list' : 'a single value', 'keys with values');
  }
};
