import { posix } from 'node:path';
import { expect, test } from 'vitest';
import {
  importsOf,
  readSourceFiles,
  type SourceFile,
} from '../test/support/project/source-files.ts';

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
  'adapters/exchange': ['core'],
  'adapters/forge': ['core', 'adapters/exchange'],
  'adapters/notify': ['core', 'adapters/exchange'],
  'adapters/registry': ['core', 'adapters/exchange'],
  'adapters/swarm': ['core', 'adapters/exchange'],
  store: ['core', 'files'],
  work: ['core', 'store'],
  http: ['core'],
  cli: ['core', 'config'],
};

/** Libraries that only compute, which the core may therefore use. */
const PURE_LIBRARIES = ['zod', 'semver', 're2js'];

const COMMENTS = /\/\*[\s\S]*?\*\/|\/\/.*$/gm;

/** `core`, `adapters/swarm`; blank for files that stand in `src` itself. */
const partOf = (path: string): string => {
  const [first = '', second = '', third] = path.split('/');
  if (second === '') return '';
  return first === 'adapters' && third !== undefined ? `adapters/${second}` : first;
};

/**
 * What only the store says: each of its functions is one unit of work, and decides alone how it is queried and
 * how durable it is.
 */
const STORE_ALONE: readonly RegExp[] = [
  /\.(?:transaction|startTransaction|connection)\(/,
  /\.(?:selectFrom|insertInto|updateTable|deleteFrom|executeTakeFirst)\(/,
  /\b(?:durabil|relax|pragma|fsync|fdatasync|synchronous)\w*/i,
];
/** Parts that get something of the store to work with. */
const WITHOUT_QUERIES = ['work', 'http', 'cli'];

const breachesOf = ({ path, text }: SourceFile): readonly string[] => {
  const part = partOf(path);
  const isTest = path.endsWith('.test.ts');
  const breaches: string[] = [];
  // What follows is built of pieces so that this file does not breach it.
  const environment = ['process', 'env'].join('.');
  if (part !== 'config' && text.includes(environment)) breaches.push(`reads ${environment}`);
  if (WITHOUT_QUERIES.includes(part) && !isTest) {
    const code = text.replaceAll(COMMENTS, '');
    for (const word of STORE_ALONE.flatMap((one) => one.exec(code)?.[0] ?? [])) {
      breaches.push(`says ${word}, which is the store's`);
    }
  }
  if (!isTest && /^import (?!type\b)[^;]*from 'node:http'/m.test(text)) {
    breaches.push('imports node:http, which loads much: see http/problem/node-http.ts');
  }
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

const files = readSourceFiles();
/** The tests of the imports themselves. */
const OWN_TESTS = ['import-rules.test.ts', 'import-order.test.ts'];

test('no file imports what it must not know', () => {
  expect(files.length).toBeGreaterThan(50);
  expect(files.filter(({ path }) => !OWN_TESTS.includes(path)).flatMap(breachesOf)).toEqual([]);
});

test('every part has its rule, and only main.ts stands beside them', () => {
  const parts = new Set(files.map(({ path }) => partOf(path)));
  parts.delete('');
  expect([...parts].filter((part) => part !== 'wiring' && !(part in MAY_IMPORT))).toEqual([]);
  const loose = files.map(({ path }) => path).filter((path) => partOf(path) === '');
  expect(loose.filter((path) => path !== 'main.ts' && !OWN_TESTS.includes(path))).toEqual([]);
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
  [
    'work/a.ts',
    'await db.transaction().execute(begin);',
    "says .transaction(, which is the store's",
  ],
  ['work/rollout/a.ts', 'db.connection()', "says .connection(, which is the store's"],
  ['http/a.ts', "db.selectFrom('runs')", "says .selectFrom(, which is the store's"],
  ['work/a.ts', 'const b = relaxed(db, c);', "says relaxed, which is the store's"],
  [
    'http/a.ts',
    "import { createServer } from 'node:http';",
    'imports node:http, which loads much: see http/problem/node-http.ts',
  ],
  ['work/a.ts', 'options.durability', "says durability, which is the store's"],
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
  ['work/a.ts', '/** Durable: {@link relaxed}. */\nconst a = b; // no db.transaction() here'],
  ['store/a.ts', 'await db.transaction().execute(begin);'],
  ['work/a.test.ts', 'await db.transaction().execute(begin);'],
  ['config/a.ts', `export const x = ${env};`],
  ['http/a.ts', "import type { Server } from 'node:http';"],
])('%s: %s is none', (path, text) => {
  expect(breachesOf({ path, text })).toEqual([]);
});
