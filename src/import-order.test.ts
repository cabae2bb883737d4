import { globSync } from 'node:fs';
import { join, posix } from 'node:path';
import { expect, test } from 'vitest';
import {
  importedFiles,
  readSourceFiles,
  type SourceFile,
} from '../test/support/project/source-files.ts';

const ROOT = join(import.meta.dirname, '..');

/**
 * The folders of the three largest parts, the lowest first. A file imports only from its own folder and from
 * folders above it in this list, types included. `.` is the part's own folder.
 */
const ORDER: Readonly<Record<string, readonly string[]>> = {
  store: [
    'tables',
    'query',
    'sqlite',
    'postgres',
    'leases',
    'open',
    'access',
    'check-queue',
    'notices',
    'holds',
    'forge',
    'approvals',
    'deployments',
    'overview',
    'published',
    'gates',
    'acts',
    'rollout',
    'runs',
    'checks',
    'health',
    'track',
    'prune',
    'intake',
    'copy',
  ],
  work: [
    'loop',
    'leases',
    'lookups',
    'cluster',
    'shortcuts',
    'gates',
    'assess',
    'track',
    'notify',
    'health',
    'reads',
    'check',
    'rollout',
    'runs',
    'acts',
    'forge',
    'approvals',
    'outcome',
    'metrics',
    '.',
  ],
  http: [
    'problem',
    'ports',
    'body',
    'server',
    'sign-in',
    'scope',
    'schemas',
    'hooks',
    'outcome',
    'openapi',
    'api',
    'approvals',
    '.',
  ],
};

const partOf = (path: string): string => path.split('/')[0] ?? '';
const folderOf = (path: string): string => posix.dirname(path).split('/')[1] ?? '.';

/** Imports that go from a lower folder to a higher one, or to or from a folder without a place. */
const againstOrder = (file: SourceFile): readonly string[] => {
  const order = ORDER[partOf(file.path)];
  if (order === undefined || file.path.endsWith('.test.ts')) return [];
  const own = order.indexOf(folderOf(file.path));
  return importedFiles(file)
    .filter((target) => partOf(target) === partOf(file.path))
    .filter((target) => folderOf(target) !== folderOf(file.path))
    .filter((target) => own < 0 || !order.slice(0, own).includes(folderOf(target)))
    .map((target) => `${file.path} imports ${target}`);
};

/** One circle of files that import each other, from a file back to itself; null without any. */
const findCircle = (files: readonly SourceFile[]): readonly string[] | null => {
  const imports = new Map(files.map((file) => [file.path, importedFiles(file)]));
  const done = new Set<string>();
  const visit = (path: string, trail: readonly string[]): readonly string[] | null => {
    const start = trail.indexOf(path);
    if (start >= 0) return [...trail.slice(start), path];
    if (done.has(path)) return null;
    for (const target of imports.get(path) ?? []) {
      const circle = visit(target, [...trail, path]);
      if (circle !== null) return circle;
    }
    done.add(path);
    return null;
  };
  for (const path of imports.keys()) {
    const circle = visit(path, []);
    if (circle !== null) return circle;
  }
  return null;
};

const files = readSourceFiles().filter(({ path }) => !path.endsWith('.test.ts'));

test('files import only from folders lower in the order', () => {
  expect(files.length).toBeGreaterThan(50);
  expect(files.flatMap(againstOrder)).toEqual([]);
});

test.each(Object.keys(ORDER))(
  'each folder of %s has a place in the order, and no other',
  (part) => {
    const folders = new Set(
      files
        .map(({ path }) => path)
        .filter((path) => partOf(path) === part)
        .map(folderOf),
    );
    expect([...folders].toSorted()).toEqual(ORDER[part]?.toSorted());
  },
);

test('no files import each other in a circle, types included', () => {
  expect(findCircle(files)).toBeNull();
});

const MOST_FILES = 20;
/** The tests of a source file stand beside it and do not count. */
const isCounted = (path: string): boolean =>
  path.startsWith('test/') || !/\.test\.tsx?$/.test(path);

test(`a folder holds at most ${MOST_FILES} files`, () => {
  const counts = new Map<string, number>();
  for (const path of globSync('{src,web/src,test,sandbox,scripts}/**/*.{ts,tsx}', { cwd: ROOT })) {
    const folder = posix.dirname(path);
    if (isCounted(path)) counts.set(folder, (counts.get(folder) ?? 0) + 1);
  }
  expect([...counts].filter(([, count]) => count > MOST_FILES)).toEqual([]);
});

test.each([
  ['store/query/a.ts', "import { b } from '../runs/b.ts';"],
  ['store/query/a.ts', "import type { B } from '../runs/b.ts';"],
  ['work/loop/a.ts', "import { b } from '../work.ts';"],
  ['work/new-folder/a.ts', "import { b } from '../loop/b.ts';"],
  ['http/server/a.ts', "export * from '../api/b.ts';"],
])('%s: %s is against the order', (path, text) => {
  expect(againstOrder({ path, text })).toHaveLength(1);
});

test.each([
  ['store/runs/a.ts', "import { b } from '../query/b.ts';\nimport { c } from './c.ts';"],
  ['store/query/a.test.ts', "import { b } from '../runs/b.ts';"],
  ['work/work.ts', "import { b } from './loop/b.ts';"],
  ['work/loop/a.ts', "import { b } from '../../store/runs/b.ts';"],
  ['core/image/a.ts', "import { b } from '../rollout/b.ts';"],
])('%s: %s keeps the order', (path, text) => {
  expect(againstOrder({ path, text })).toEqual([]);
});

test('a circle of types is found', () => {
  const circle = findCircle([
    { path: 'core/a.ts', text: "import type { B } from './image/b.ts';" },
    { path: 'core/image/b.ts', text: "import { c } from './c.ts';" },
    { path: 'core/image/c.ts', text: "export type { A } from '../a.ts';" },
  ]);
  expect(circle).toEqual(['core/a.ts', 'core/image/b.ts', 'core/image/c.ts', 'core/a.ts']);
});
