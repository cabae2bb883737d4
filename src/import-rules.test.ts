import { globSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

type File = { readonly path: string; readonly text: string };

/**
 * Which parts of `src` a part may import, beside itself. The three that reach the outside (`intake`,
 * `adapters`, `store`) know nothing of each other; whoever needs two of them gets them from `wiring`, which
 * knows all, and which only main.ts knows.
 */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  core: [],
  files: [],
  config: ['core', 'files'],
  log: ['core'],
  intake: ['core'],
  'adapters/exchange': [],
  'adapters/notify': ['core', 'adapters/exchange'],
  'adapters/registry': ['core', 'adapters/exchange'],
  'adapters/swarm': ['core', 'adapters/exchange'],
  store: ['core', 'files'],
  work: ['core', 'store'],
  http: ['core'],
  cli: ['core', 'config'],
};

/** Libraries that only compute, which the core may therefore use. */
const PURE_LIBRARIES = ['zod'];

/** `import … from 'x'`, `export … from 'x'`, `import 'x'`, `import('x')`. */
const IMPORT =
  /\b(?:import|export)\b[^'"`;]*?\bfrom\s*['"]([^'"]+)['"]|\bimport\s*\(?\s*['"]([^'"]+)['"]/g;

const importsOf = (text: string): readonly string[] =>
  [...text.matchAll(IMPORT)].flatMap(([, from, bare]) => from ?? bare ?? []);

/** `core`, `adapters/swarm`; blank for files that stand in `src` itself. */
const partOf = (path: string): string => {
  const [first = '', second = '', third] = path.split('/');
  if (second === '') return '';
  return first === 'adapters' && third !== undefined ? `adapters/${second}` : first;
};

const breachesOf = ({ path, text }: File): readonly string[] => {
  const part = partOf(path);
  const isTest = path.endsWith('.test.ts');
  const breaches: string[] = [];
  // What follows is built of pieces so that this file does not breach it.
  const environment = ['process', 'env'].join('.');
  if (part !== 'config' && text.includes(environment)) breaches.push(`reads ${environment}`);
  for (const imported of importsOf(text)) {
    if (!imported.startsWith('.')) {
      const isPure = PURE_LIBRARIES.includes(imported);
      if (part === 'core' && !isTest && !isPure) breaches.push(`imports ${imported}`);
      continue;
    }
    if (!/\.(?:ts|json)$/.test(imported))
      breaches.push(`imports ${imported} without its extension`);
    const target = posix.join(posix.dirname(path), imported);
    if (target.startsWith('..')) {
      // Tests may use what supports tests.
      const isSupport = isTest && target.startsWith('../test/support/');
      if (!isSupport && target !== '../package.json') breaches.push(`imports ${target}`);
      continue;
    }
    const other = partOf(target);
    const isAllowed =
      path === 'main.ts' ||
      (part === 'wiring' && other !== '') ||
      other === part ||
      (MAY_IMPORT[part] ?? []).includes(other);
    if (!isAllowed) breaches.push(`imports ${target}`);
  }
  return breaches.map((breach) => `${path} ${breach}`);
};

const SRC = dirname(fileURLToPath(import.meta.url));
const files: readonly File[] = globSync('**/*.ts', { cwd: SRC }).map((path) => ({
  path: path.replaceAll('\\', '/'),
  text: readFileSync(join(SRC, path), 'utf8'),
}));
const self = 'import-rules.test.ts';

test('no file imports what it must not know', () => {
  expect(files.length).toBeGreaterThan(50);
  expect(files.filter(({ path }) => path !== self).flatMap(breachesOf)).toEqual([]);
});

test('every part has its rule, and only main.ts stands beside them', () => {
  const parts = new Set(files.map(({ path }) => partOf(path)));
  parts.delete('');
  expect([...parts].filter((part) => part !== 'wiring' && !(part in MAY_IMPORT))).toEqual([]);
  const loose = files.map(({ path }) => path).filter((path) => partOf(path) === '');
  expect(loose.filter((path) => path !== 'main.ts' && path !== self)).toEqual([]);
});

const env = ['process', 'env'].join('.');

test.each([
  ['core/a.ts', "import { b } from '../store/b.ts';", 'imports store/b.ts'],
  ['core/a.ts', "import type { b } from '../store/b.ts';", 'imports store/b.ts'],
  ['core/a.ts', "export * from '../intake/b.ts';", 'imports intake/b.ts'],
  ['core/a.ts', "import { readFileSync } from 'node:fs';", 'imports node:fs'],
  ['core/a.ts', "import 'undici';", 'imports undici'],
  ['core/a.ts', "const { x } = await import('undici');", 'imports undici'],
  ['core/a.ts', "type X = import('../store/b.ts').X;", 'imports store/b.ts'],
  ['core/a.ts', "import {\n  b,\n  c,\n} from '../work/b.ts';", 'imports work/b.ts'],
  ['intake/senders/a.ts', "import { b } from '../../store/b.ts';", 'imports store/b.ts'],
  ['store/a.ts', "import { b } from '../adapters/swarm/b.ts';", 'imports adapters/swarm/b.ts'],
  [
    'adapters/swarm/a.ts',
    "import { b } from '../registry/b.ts';",
    'imports adapters/registry/b.ts',
  ],
  ['adapters/notify/a.ts', "import { b } from '../../intake/b.ts';", 'imports intake/b.ts'],
  ['http/a.ts', "import { b } from '../store/b.ts';", 'imports store/b.ts'],
  ['cli/commands/a.ts', "import { b } from '../../work/b.ts';", 'imports work/b.ts'],
  ['work/a.ts', "import { b } from '../main.ts';", 'imports main.ts'],
  ['http/a.ts', "import { b } from '../wiring/b.ts';", 'imports wiring/b.ts'],
  ['wiring/a.ts', "import { b } from '../main.ts';", 'imports main.ts'],
  ['work/a.ts', "import { b } from '../../test/support/b.ts';", 'imports ../test/support/b.ts'],
  ['http/a.ts', "import { b } from '../../web/b.ts';", 'imports ../web/b.ts'],
  ['work/a.ts', "import { b } from './b';", 'imports ./b without its extension'],
  ['work/a.ts', `const x = ${env}['X'];`, `reads ${env}`],
])('%s: %s is a breach', (path, text, breach) => {
  expect(breachesOf({ path, text })).toEqual([`${path} ${breach}`]);
});

test.each([
  ['core/a.ts', "import { z } from 'zod';\nimport type { b } from './b.ts';"],
  ['core/a.test.ts', "import { expect } from 'vitest';\nimport fc from 'fast-check';"],
  ['adapters/swarm/a.ts', "import { b } from '../../core/b.ts';\nimport { c } from './c.ts';"],
  ['adapters/swarm/a.test.ts', "import { b } from '../../../test/support/b.ts';"],
  ['main.ts', "import { b } from './store/b.ts';\nimport { c } from './wiring/c.ts';"],
  [
    'wiring/a.ts',
    "import { b } from '../store/b.ts';\nimport { c } from '../adapters/swarm/c.ts';",
  ],
  ['config/a.ts', `export const x = ${env};`],
])('%s: %s is none', (path, text) => {
  expect(breachesOf({ path, text })).toEqual([]);
});
