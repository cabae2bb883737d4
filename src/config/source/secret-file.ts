import { messageOfErrno } from './errno.ts';
import type { Origin } from './problem.ts';
import { isMapping, type Path, pathKey, printPath, type Source } from './source.ts';

/** The text of a file. Throws Node's error if it cannot be read. */
export type ReadFile = (path: string) => string;

/** Keys that can be given as `…File` instead. */
export const FILE_KEYS: readonly string[] = [
  'value',
  'token',
  'password',
  'username',
  'secret',
  'url',
  'listenUrl',
  'migrateUrl',
  'proxy',
  'ca',
  'cert',
  'key',
  'privateKey',
];

/** Keys whose values are never shown. Somebody may have put the secret itself in place of its hash. */
export const SECRET_KEYS: readonly string[] = [
  'value',
  'valueHash',
  'token',
  'password',
  'secret',
  'proxy',
  'listenUrl',
  'migrateUrl',
  'key',
  'privateKey',
];

/** Somebody may have put the secret itself in place of its file's path. */
const PATH = /^(?:\/|\.{1,2}\/)[\w.-]+(?:\/[\w.-]+)*$/;
const showFile = (file: string): string =>
  PATH.test(file) ? file : `a text of ${file.length} characters (not shown)`;

/** The location of the setting that names the file, or null, and the file. */
export type SecretFile = {
  readonly path: Path | null;
  readonly origin: Origin | null;
  readonly file: string;
};

/**
 * The content of a secret file, without the newline at its end. If it is empty or cannot be read: null, with a problem
 * recorded.
 */
export const readSecretFile = (
  source: Source,
  { path, origin, file }: SecretFile,
  readFile: ReadFile,
): string | null => {
  const key = path === null ? null : printPath(path);
  const note = (found: string, expected: string): null => {
    source.problems.push({ key, origin, found, expected, hint: null });
    return null;
  };
  let content: string;
  try {
    content = readFile(file);
  } catch (error) {
    return note(`${showFile(file)}: ${messageOfErrno(error)}`, 'a file that can be read');
  }
  const value = content.replace(/\r?\n$/, '');
  return value.trim() === ''
    ? note(`${showFile(file)}: it is empty`, 'a file with a value in it')
    : value;
};

/** Replaces every `keyFile` in the tree by `key` with the content of the file. */
export const readSecretFiles = (source: Source, readFile: ReadFile): void => {
  const visit = (value: unknown, path: Path): void => {
    if (Array.isArray(value)) {
      for (const [index, item] of value.entries()) visit(item, [...path, index]);
    }
    if (!isMapping(value)) return;
    for (const key of FILE_KEYS) {
      const fileKey = `${key}File`;
      const file = value[fileKey];
      if (file === undefined) continue;
      delete value[fileKey];
      const origin = source.origins.get(pathKey([...path, fileKey])) ?? null;
      const note = (found: string, expected: string): void => {
        source.problems.push({
          key: printPath([...path, fileKey]),
          origin,
          found,
          expected,
          hint: null,
        });
      };
      if (value[key] !== undefined) {
        note(`${key} and ${fileKey}`, 'only one of the two');
        continue;
      }
      if (origin !== null) source.origins.set(pathKey([...path, key]), origin);
      const content =
        typeof file === 'string'
          ? readSecretFile(source, { path: [...path, fileKey], origin, file }, readFile)
          : (note('something else', 'the path of a file'), null);
      source.hidden.add(pathKey([...path, key]));
      if (content !== null) value[key] = content;
      else source.failed.add(pathKey([...path, key]));
    }
    for (const [key, inner] of Object.entries(value)) visit(inner, [...path, key]);
  };
  visit(source.tree, []);
};
