import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const STORE = fileURLToPath(new URL('..', import.meta.url));

/** Specific to SQLite. Another database needs its own version. */
const OF_SQLITE = ['migrations.ts', 'open-store.ts', 'relaxed.ts', 'statement-cache.ts'];
const FRAGMENTS = 'query/fragments.ts';
/** Specific to one database, or combining the fragments of both, or between Kysely and a driver. */
const OF_DATABASES = /^(?:sqlite|postgres)\/|^query\/dialect-words\.ts$|^query\/fenced-driver\.ts$/;

const files = globSync('**/*.ts', { cwd: STORE })
  .map((path) => path.replaceAll('\\', '/'))
  .filter((path) => !path.endsWith('.test.ts') && !OF_DATABASES.test(path))
  .map((path) => ({ path, text: readFileSync(`${STORE}${path}`, 'utf8') }));

test('queries are written with Kysely, but for the fragments', () => {
  expect(files.length).toBeGreaterThan(30);
  const raw = files.filter(({ text }) =>
    /\bsql\b[^;]*\bfrom 'kysely'|CompiledQuery|\.pragma\(/.test(text),
  );
  const others = raw.filter(({ path }) => ![FRAGMENTS, ...OF_SQLITE].includes(path));
  expect(others.map(({ path }) => path)).toEqual([]);
});

test('the fragments are few', () => {
  const text = files.find(({ path }) => path === FRAGMENTS)?.text ?? '';
  expect(text.match(/^export const /gm)?.length).toBeLessThanOrEqual(12);
});
