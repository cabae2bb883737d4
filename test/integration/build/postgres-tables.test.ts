import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { postgresTables } from '../../../scripts/postgres-tables.ts';

test('PostgreSQL has the tables of SQLite; if not: node scripts/postgres-tables.ts', () => {
  const file = readFileSync(
    new URL('../../../src/store/postgres/tables.ts', import.meta.url),
    'utf8',
  );
  expect(file).toBe(postgresTables());
});
