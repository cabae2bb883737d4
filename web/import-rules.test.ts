import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { expect, test } from 'vitest';

const WEB = join(import.meta.dirname, 'src');
const IMPORT = /\bfrom\s*'(\.[^']*)'/g;

/** Files outside of the dashboard that a text in `file` imports, as seen from the root. */
const outsideOf = (file: string, text: string): readonly string[] =>
  [...text.matchAll(IMPORT)]
    .map(([, target]) => relative(WEB, join(WEB, dirname(file), target ?? '')))
    .filter((target) => target.startsWith('..'))
    .map((target) => target.replace(/^\.\.\/\.\.\//, ''));

const files = globSync('**/*.{ts,tsx}', { cwd: WEB });

test('of the helper itself the dashboard knows the core alone', () => {
  expect(files.length).toBeGreaterThan(50);
  const outside = files.flatMap((file) => outsideOf(file, readFileSync(join(WEB, file), 'utf8')));
  expect(outside.length).toBeGreaterThan(10);
  expect(outside.filter((target) => !target.startsWith('src/core/'))).toEqual([]);
});

test('an import of anything else is found', () => {
  expect(outsideOf('pages/a.tsx', "import { b } from '../../../src/store/b.ts';")).toEqual([
    'src/store/b.ts',
  ]);
  expect(outsideOf('pages/a.tsx', "import { b } from '../parts/b.tsx';")).toEqual([]);
});
