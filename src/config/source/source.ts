import type { ConfigProblem, Origin } from './problem.ts';

export type Path = readonly (string | number)[];
export type Mapping = { [key: string]: unknown };

/**
 * The raw configuration before validation: one tree of plain values from the file and the variables, with the origin of
 * each part.
 */
export type Source = {
  readonly tree: Mapping;
  readonly origins: Map<string, Origin>;
  /** Values filled in from elsewhere. They may be secret, so no problem shows them. */
  readonly hidden: Set<string>;
  /** Values that could not be read. That was reported already, so they cause no further messages. */
  readonly failed: Set<string>;
  /** Variables that the file uses with `${NAME}`. */
  readonly variablesUsed: Set<string>;
  readonly problems: ConfigProblem[];
};

export const createSource = (): Source => ({
  tree: emptyMapping(),
  origins: new Map(),
  hidden: new Set(),
  failed: new Set(),
  variablesUsed: new Set(),
  problems: [],
});

/** Without a prototype, so that a key such as `__proto__` is an ordinary key. */
export const emptyMapping = (): Mapping => Object.create(null) as Mapping;

export const isMapping = (value: unknown): value is Mapping =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const pathKey = (path: Path): string => path.map(String).join('\0');

/** No valid key contains them. Such a key may be a secret whose parts look like keys. */
const SEPARATORS = /[.[\]]/;

/** `clusters[0].url`. A key that looks like a path is shown as `…`. */
export const printPath = (path: Path): string =>
  path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`;
    const key = SEPARATORS.test(part) ? '…' : part;
    return text === '' ? key : `${text}.${key}`;
  }, '');

/** The origin of `path` or, if it was not set, of its nearest parent. */
export const originOf = (source: Source, path: Path): Origin | null => {
  for (let length = path.length; length > 0; length -= 1) {
    const origin = source.origins.get(pathKey(path.slice(0, length)));
    if (origin !== undefined) return origin;
  }
  return null;
};

/** The value at `path`, or undefined if there is none. */
export const valueAt = (tree: unknown, path: Path): unknown =>
  path.reduce<unknown>((value, part) => {
    if (Array.isArray(value) && typeof part === 'number') return value[part];
    return isMapping(value) && typeof part === 'string' ? value[part] : undefined;
  }, tree);

/** The mapping at `path`, created if it is missing; null if something else is there. */
const mappingAt = (tree: Mapping, path: readonly string[]): Mapping | null => {
  let at = tree;
  for (const part of path) {
    at[part] ??= emptyMapping();
    const next = at[part];
    if (!isMapping(next)) return null;
    at = next;
  }
  return at;
};

/** Sets `value` at `path`, replacing the old value. */
export const setAt = (
  source: Source,
  path: readonly string[],
  value: unknown,
  origin: Origin,
): void => {
  const parent = mappingAt(source.tree, path.slice(0, -1));
  const last = path.at(-1);
  if (parent === null || last === undefined) return;
  parent[last] = value;
  source.origins.set(pathKey(path), origin);
};

/** Appends `value` to the list at `path`. Returns its path, or null if there is no list. */
export const appendAt = (
  source: Source,
  path: readonly string[],
  value: Mapping,
  origin: Origin,
): Path | null => {
  const parent = mappingAt(source.tree, path.slice(0, -1));
  const last = path.at(-1);
  if (parent === null || last === undefined) return null;
  parent[last] ??= [];
  const list: unknown = parent[last];
  if (!Array.isArray(list)) return null;
  list.push(value);
  const at = [...path, list.length - 1];
  source.origins.set(pathKey(at), origin);
  for (const key of Object.keys(value)) source.origins.set(pathKey([...at, key]), origin);
  return at;
};
