import { globSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A source file with its path below `src`. */
export type SourceFile = { readonly path: string; readonly text: string };

const SRC = join(dirname(fileURLToPath(import.meta.url)), '../../../src');

export const readSourceFiles = (): readonly SourceFile[] =>
  globSync('**/*.ts', { cwd: SRC }).map((path) => ({
    path: path.replaceAll('\\', '/'),
    text: readFileSync(join(SRC, path), 'utf8'),
  }));

/** `import … from 'x'`, `export … from 'x'`, `import 'x'`, `import('x')`. */
const IMPORT =
  /\b(?:import|export)\b[^'"`;]*?\bfrom\s*['"]([^'"]+)['"]|\bimport\s*\(?\s*['"]([^'"]+)['"]/g;

/** Everything that a file imports, including types, as written there. */
export const importsOf = (text: string): readonly string[] =>
  [...text.matchAll(IMPORT)].flatMap(([, from, bare]) => from ?? bare ?? []);

/** The files below `src` that a file imports, including types. */
export const importedFiles = ({ path, text }: SourceFile): readonly string[] =>
  importsOf(text)
    .filter((imported) => imported.startsWith('.'))
    .map((imported) => posix.join(posix.dirname(path), imported))
    .filter((target) => !target.startsWith('..'));
